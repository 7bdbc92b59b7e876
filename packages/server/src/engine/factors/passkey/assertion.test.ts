/** WebAuthn level 3, 7.2, step by step: one thing is wrong, and nobody is signed in. */
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sql } from "../../../store/database.ts"
import { encodeCbor } from "../../../testing/cbor.ts"
import type { PasskeyAnswer, PasskeyChange } from "../../../testing/passkey-authenticator.ts"
import { sceneOf, type Scene } from "../../sign-in/scene-for-tests.ts"
import { person, refusal } from "../../users/people-for-tests.ts"
import { asked, authenticatorForTests, enrolPasskey, optionsOf, withPasskey } from "./scene-for-tests.ts"

let opened: Awaited<ReturnType<typeof withPasskey>>
let scene: Scene
const open = async (...about: Parameters<typeof withPasskey>): Promise<void> => {
  await scene?.close()
  opened = await withPasskey(...about)
  scene = opened.scene
}
beforeEach(() => open())
afterEach(() => scene.close())

const response = (change: Record<string, unknown>) => (answer: PasskeyAnswer) => ({
  ...answer,
  response: { ...answer.response, ...change },
})
const flipped =
  (at: number) =>
  (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
const changed = (name: string, change: (bytes: Buffer) => Buffer) => (answer: PasskeyAnswer) =>
  response({ [name]: change(Buffer.from(String(answer.response[name]), "base64url")).toString("base64url") })(answer)

const stored = async (): Promise<{ counter: number; last_used_at: number | null; handle: string; data: string }> => {
  const [row] = await scene.database.query<{ counter: number; last_used_at: number; handle: string; data: string }>(
    sql`select counter, last_used_at, handle, data from factors where id = ${opened.factorId}`,
  )
  if (row === undefined) throw new Error("no factor")
  return row
}
const eventsNamed = async (event: string) =>
  await scene.database.query<{ user_id: string; outcome: string }>(
    sql`select user_id, outcome from audit where event = ${event}`,
  )
const sessions = async (): Promise<number> =>
  (await scene.database.query(sql`select id from sessions where ended_at is null`)).length

const wrong: Record<string, PasskeyChange> = {
  "A1: the handle of another user": { userHandle: Buffer.alloc(32, 1).toString("base64url") },
  "A1: another credential": { answer: (a) => ({ ...a, id: "AAAA", rawId: "AAAA" }) },
  "A2: made for a registration": { type: "webauthn.create" },
  "A2: another challenge": { challenge: Buffer.alloc(32, 7).toString("base64url") },
  "A2: another port": { origin: "http://localhost:3001" },
  "A2: a sub-domain": { origin: "http://login.localhost:3000" },
  "A2: another scheme": { origin: "https://localhost:3000" },
  "A2: no origin": { clientData: ({ origin: _origin, ...c }) => c },
  "A2: in a frame of another site": { crossOrigin: true },
  "A2: in a frame, told by name": { topOrigin: "https://evil.example" },
  "A2: in a frame of another site, told by name": { crossOrigin: true, topOrigin: "http://localhost:3000" },
  "A2: another domain": { relyingPartyId: "evil.example" },
  "A2: nobody was there": { userPresent: false },
  "A2: nobody was there, though verified": { userPresent: false, userVerified: true },
  "A3: can be copied, though it could not": { backupEligible: true },
  "A3: has been copied, though it can't be": { backedUp: true },
  "A4: a bit of the signature": { answer: changed("signature", flipped(20)) },
  "A4: a signature over something else": { signature: () => Buffer.alloc(70, 1) },
  "A4: a bit of what is signed: a flag": { answer: changed("authenticatorData", flipped(32)) },
  "A4: a bit of what is signed: the user verified": {
    userVerified: false,
    answer: changed("authenticatorData", (bytes) => Buffer.from(bytes).fill(0x05, 32, 33)),
  },
  "A4: a bit of what is signed: the counter": { answer: changed("authenticatorData", flipped(36)) },
  "A4: a bit of what is signed: the client data": {
    answer: changed("clientDataJSON", (bytes) => Buffer.concat([bytes, Buffer.from(" ")])),
  },
  "D12: an id that is not the raw one": { answer: (a) => ({ ...a, rawId: "AAAA" }) },
  "D12: a raw id that is not the id": { answer: (a) => ({ ...a, id: "AAAA" }) },
  "D12: another type of credential": { answer: (a) => ({ ...a, type: "password" }) },
  "data that is too short": { authenticatorData: (bytes) => bytes.subarray(0, 36) },
  "data with bytes left over": { authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.from([0])]) },
  "extensions that are told and not there": {
    authenticatorData: (bytes) => Buffer.from(bytes).fill(0x85, 32, 33),
  },
  "client data that is no JSON": { clientDataPrefix: "x" },
  "client data that is null": { clientData: () => null },
}

describe("an assertion is refused, counted, and leaves everything as it was", () => {
  test.each(Object.entries(wrong))("%s", async (_name, change) => {
    const { token, options } = await asked(scene)
    const [before, alive] = [await stored(), await sessions()]
    const answer = opened.authenticator.get(options, change)
    expect(await refusal(scene.answer(token, "passkey", answer))).toEqual({ code: "code_incorrect" })
    expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(4)
    expect(await stored()).toEqual(before)
    expect(await sessions()).toBe(alive)
    // The same question still takes the right answer: it was the change that was refused.
    const right = opened.authenticator.get(options)
    expect(await scene.answer(token, "passkey", right)).toMatchObject({ status: "complete" })
  })

  test("every single bit of a signature, and of what is signed", async () => {
    const { options } = await asked(scene)
    const { verifyAssertion } = await import("./verification.ts")
    const { readPasskeyAnswer } = await import("./answer.ts")
    const { challenge } = options as { challenge: string }
    const data = JSON.parse(
      await scene.ctx.vault.open((await stored()).data, {
        table: "factors",
        row: opened.factorId,
        user: scene.user.id,
      }),
    ) as { publicKey: string; transports: string[] }
    const good = opened.authenticator.get(options)
    const verify = async (answer: unknown) => {
      const read = readPasskeyAnswer(answer)
      if (read.is !== "assertion") throw new Error("no assertion")
      const expected = { challenge, origins: ["http://localhost:3000"], relyingPartyId: "localhost" }
      return verifyAssertion(read, expected, data)
    }
    expect(await verify(good)).toMatchObject({ userVerified: true })
    for (const name of ["signature", "authenticatorData", "clientDataJSON"]) {
      const length = Buffer.from(String(good.response[name]), "base64url").length
      for (let bit = 0; bit < length * 8; bit += name === "clientDataJSON" ? 7 : 1) {
        const flip = (bytes: Buffer): Buffer => {
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          return bytes
        }
        expect([name, bit, await verify(changed(name, flip)(good))]).toEqual([name, bit, undefined])
      }
    }
  })
})

describe("what is no answer is refused without an attempt", () => {
  const long = (characters: number): string => "A".repeat(characters)
  const junk: Record<string, PasskeyChange> = {
    "authenticator data of more than 4 kB": { answer: response({ authenticatorData: long(4100) }) },
    "a signature of more than 1400 characters": { answer: response({ signature: long(1404) }) },
    "a handle of more than 64 bytes": { answer: response({ userHandle: long(88) }) },
    "a handle that is no base64url": { answer: response({ userHandle: "é" }) },
    "no signature": { answer: response({ signature: undefined }) },
    "a signature that is a list": { answer: response({ signature: ["AAAA"] }) },
    "no authenticator data": { answer: response({ authenticatorData: undefined }) },
    "an empty object": { answer: () => ({}) },
    "nested beyond reason": { answer: (a) => ({ ...a, response: { response: { response: {} } } }) },
    "text in place of the object": { answer: (a) => JSON.stringify(a) },
  }
  test.each(Object.entries(junk))("%s", async (_name, change) => {
    const { token, options } = await asked(scene)
    const answer = opened.authenticator.get(options, change)
    expect(await refusal(scene.answer(token, "passkey", answer))).toEqual({ code: "input_invalid", field: "answer" })
    expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(5)
  })
})

describe("an assertion passes", () => {
  const right: Record<string, PasskeyChange> = {
    "without a handle, where the user is known already": { userHandle: null },
    "with an empty handle": { userHandle: "" },
    "without a verified user, as one factor": { userVerified: false },
    "G1: with extensions that nobody asked for": {
      extensions: new Map([["appid", true]]),
      answer: (a) => ({ ...a, clientExtensionResults: { appid: false, novelty: {} } }),
    },
    "G2: with a byte order mark before the client data": { clientDataPrefix: "\uFEFF" },
    "with client data that says more, as it may": { clientData: (c) => ({ ...c, androidPackageName: "x" }) },
    "with members that nobody knows": { answer: (a) => ({ ...a, novelty: 1, ...response({ novelty: 1 })(a) }) },
  }
  test.each(Object.entries(right))("%s", async (_name, change) => {
    const { token, options } = await asked(scene)
    const answer = opened.authenticator.get(options, change)
    expect(await scene.answer(token, "passkey", answer)).toMatchObject({ status: "complete" })
  })
})

describe("an assertion passes once (incident D11)", () => {
  test("of a hundred at once one signs in", async () => {
    const { token, options } = await asked(scene)
    const answer = opened.authenticator.get(options)
    const before = await sessions()
    const settled = await Promise.allSettled(Array.from({ length: 100 }, () => scene.answer(token, "passkey", answer)))
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    expect(await sessions()).toBe(before + 1)
  })

  test("also one of an authenticator that does not count", async () => {
    await open({ synced: true })
    const { token, options } = await asked(scene)
    const answer = opened.authenticator.get(options)
    const settled = await Promise.allSettled(Array.from({ length: 100 }, () => scene.answer(token, "passkey", answer)))
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    const other = await asked(scene)
    expect(await refusal(scene.answer(other.token, "passkey", answer))).toEqual({ code: "code_incorrect" })
    expect(await scene.answer(other.token, "passkey", opened.authenticator.get(other.options))).toMatchObject({
      status: "complete",
    })
  })

  test("a finished one is nothing at another challenge, nor at a step-up", async () => {
    const first = await asked(scene)
    const answer = opened.authenticator.get(first.options)
    const done = await scene.answer(first.token, "passkey", answer)
    expect(await refusal(scene.answer(first.token, "passkey", answer))).toEqual({ code: "challenge_spent" })
    const second = await asked(scene)
    expect(await refusal(scene.answer(second.token, "passkey", answer))).toEqual({ code: "code_incorrect" })
    const stepUp = await scene.engine.stepUp.open(await scene.as(done.token), { level: "second_factor" })
    await optionsOf(scene, stepUp.token)
    expect(await refusal(scene.answer(stepUp.token, "passkey", answer))).toEqual({ code: "code_incorrect" })
  })

  test("a question that was put anew takes no answer to the one before", async () => {
    const { token, options } = await asked(scene)
    const old = opened.authenticator.get(options)
    const newer = await optionsOf(scene, token)
    expect(await refusal(scene.answer(token, "passkey", old))).toEqual({ code: "code_incorrect" })
    expect(await scene.answer(token, "passkey", opened.authenticator.get(newer))).toMatchObject({ status: "complete" })
  })

  test("a question is good for five minutes, and before it is put there is no answer", async () => {
    const { token, options } = await asked(scene)
    scene.clock.advance(300)
    const late = opened.authenticator.get(options)
    expect(await refusal(scene.answer(token, "passkey", late))).toEqual({ code: "code_incorrect" })
    const again = await optionsOf(scene, token)
    scene.clock.advance(299)
    expect(await scene.answer(token, "passkey", opened.authenticator.get(again))).toMatchObject({ status: "complete" })
    const unasked = await scene.challenge()
    const made = opened.authenticator.get({ rpId: "localhost", challenge: "" })
    expect(await refusal(scene.answer(unasked, "passkey", made))).toEqual({ code: "code_incorrect" })
  })

  test("A1: of one user it is nothing for another, with the other's question and with their own", async () => {
    const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await enrolPasskey(otto, await otto.as((await otto.signIn()).token))
    const mine = await asked(scene)
    const others = await asked(otto)
    const { challenge } = mine.options as { challenge: string }
    // Otto's key over my question, and Otto's answer to his own.
    const overMine = theirs.authenticator.get({ rpId: "localhost", challenge })
    const overTheirs = theirs.authenticator.get(others.options)
    for (const answer of [overMine, overTheirs])
      expect(await refusal(scene.answer(mine.token, "passkey", answer))).toEqual({ code: "code_incorrect" })
    // Otto's key under my credential's name.
    const id = opened.authenticator.passkeys[0]?.id ?? ""
    const named = theirs.authenticator.get(
      { rpId: "localhost", challenge },
      { userHandle: opened.authenticator.passkeys[0]?.userHandle ?? "", answer: (a) => ({ ...a, id, rawId: id }) },
    )
    expect(await refusal(scene.answer(mine.token, "passkey", named))).toEqual({ code: "code_incorrect" })
    expect(await otto.answer(others.token, "passkey", overTheirs)).toMatchObject({ status: "complete" })
  })
})

describe("the signature counter (A5)", () => {
  const answerAt = async (counter: number) => {
    const { token, options } = await asked(scene)
    return scene.answer(token, "passkey", opened.authenticator.get(options, { counter }))
  }

  test("has to grow: the same or a lower one is refused and told as a copy, and nothing is stored of it", async () => {
    expect(await answerAt(7)).toMatchObject({ status: "complete" })
    for (const counter of [7, 6, 1, 0]) expect(await refusal(answerAt(counter))).toEqual({ code: "code_incorrect" })
    expect((await stored()).counter).toBe(7)
    expect(await eventsNamed("passkey.clone_suspected")).toEqual(
      Array.from({ length: 4 }, () => ({ user_id: scene.user.id, outcome: "failure" })),
    )
    expect(await answerAt(8)).toMatchObject({ status: "complete" })
    expect(await answerAt(4_294_967_295)).toMatchObject({ status: "complete" })
  })

  test("a copy is suspected only where the key really signed", async () => {
    await answerAt(7)
    const { token, options } = await asked(scene)
    const forged = opened.authenticator.get(options, { counter: 1, answer: changed("signature", flipped(20)) })
    expect(await refusal(scene.answer(token, "passkey", forged))).toEqual({ code: "code_incorrect" })
    expect(await eventsNamed("passkey.clone_suspected")).toEqual([])
  })

  test("may stay at nothing for ever, and once it has begun there is no way back", async () => {
    await open({ counts: false })
    for (let times = 0; times < 3; times++) expect(await answerAt(0)).toMatchObject({ status: "complete" })
    expect(await answerAt(1)).toMatchObject({ status: "complete" })
    expect(await refusal(answerAt(0))).toEqual({ code: "code_incorrect" })
  })

  test("begins with what the registration said", async () => {
    const { authenticator, factorId } = await enrolPasskey(scene, opened.on, authenticatorForTests(), { counter: 40 })
    const { token, options } = await asked(scene)
    const allowCredentials = [{ id: authenticator.passkeys[0]?.id }]
    const low = authenticator.get({ ...(options as object), allowCredentials }, { counter: 40 })
    expect(await refusal(scene.answer(token, "passkey", low))).toEqual({ code: "code_incorrect" })
    const next = authenticator.get({ ...(options as object), allowCredentials }, { counter: 41 })
    expect(await scene.answer(token, "passkey", next)).toMatchObject({ status: "complete" })
    const [row] = await scene.database.query(sql`select counter from factors where id = ${factorId}`)
    expect(row).toEqual({ counter: 41 })
  })

  test("A6: stays where it was when something else refuses the sign-in", async () => {
    const before = await stored()
    const { token, options } = await asked(scene)
    const answer = opened.authenticator.get(options)
    // A hundred failures have ended the kind, whoever made them.
    await scene.database.query(sql`
      insert into failures (subject, class, count, total, waits, blocked_until, last_at)
      values (${scene.user.id}, 'kind:passkey', 0, 100, 0, 0, 0)`)
    expect(await refusal(scene.answer(token, "passkey", answer))).toEqual({ code: "code_incorrect" })
    expect(await stored()).toEqual(before)
  })
})

test("extensions of an authenticator are read past, and only whole ones", async () => {
  const { token, options } = await asked(scene)
  const cut = encodeCbor(new Map([["credProtect", 2]])).subarray(0, 5)
  const answer = opened.authenticator.get(options, {
    authenticatorData: (bytes) => Buffer.concat([Buffer.from(bytes).fill(0x85, 32, 33), cut]),
  })
  expect(await refusal(scene.answer(token, "passkey", answer))).toEqual({ code: "code_incorrect" })
})
