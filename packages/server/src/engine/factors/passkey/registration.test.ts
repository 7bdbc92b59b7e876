/** WebAuthn level 3, 7.1, step by step: one thing is wrong, and the passkey is not bound. */
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { PasskeyAnswer, PasskeyChange } from "../../../testing/passkey-authenticator.ts"
import { type Cbor, encodeCbor } from "../../../testing/cbor.ts"
import type { On } from "../../engine.ts"
import { sceneForTests, sceneOf, type Scene } from "../../sign-in/scene-for-tests.ts"
import { person, refusal } from "../../users/people-for-tests.ts"
import { authenticatorForTests, enrolPasskey, optionsOf } from "./scene-for-tests.ts"

let scene: Scene
let on: On
beforeEach(async () => {
  scene = await sceneForTests()
  on = await scene.as((await scene.signIn()).token)
})
afterEach(() => scene.close())

const begin = async (as: On = on): Promise<unknown> =>
  (await scene.engine.factors.begin(as, { kind: "passkey" })).show["options"]
const confirm = (answer: unknown, as: On = on) => scene.engine.factors.confirm(as, { kind: "passkey", answer })
const isOn = async (as: On = on): Promise<boolean> => (await scene.engine.factors.list(as)).length > 0

const response = (change: Record<string, unknown>) => (answer: PasskeyAnswer) => ({
  ...answer,
  response: { ...answer.response, ...change },
})
const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

const wrong: Record<string, PasskeyChange> = {
  "R1: made for a sign-in": { type: "webauthn.get" },
  "R1: made for something else": { type: "payment.get" },
  "R2: another challenge": { challenge: Buffer.alloc(32, 7).toString("base64url") },
  "R2: no challenge": { challenge: "" },
  "R2: a challenge with padding": { clientData: (c) => ({ ...c, challenge: `${String(c["challenge"])}=` }) },
  "R3: another port": { origin: "http://localhost:3001" },
  "R3: no port": { origin: "http://localhost" },
  "R3: a sub-domain": { origin: "http://login.localhost:3000" },
  "R3: another scheme": { origin: "https://localhost:3000" },
  "R3: a longer name that ends the same": { origin: "http://evil-localhost:3000" },
  "R3: a slash at the end": { origin: "http://localhost:3000/" },
  "R3: several at once": { clientData: (c) => ({ ...c, origin: ["http://localhost:3000"] }) },
  "R3: in a frame of another site": { crossOrigin: true },
  "R3: in a frame, told by name": { topOrigin: "https://evil.example" },
  "R3: in a frame of another site, told by name": { crossOrigin: true, topOrigin: "http://localhost:3000" },
  "R3: a frame that is not told as true or false": { clientData: (c) => ({ ...c, crossOrigin: "false" }) },
  "R4: another domain": { relyingPartyId: "localhost:3000" },
  "R4: a domain above": { relyingPartyId: "" },
  "R5: nobody was there": { userPresent: false },
  "R6: copied, though it can't be": { backupEligible: false, backedUp: true },
  "R7: an algorithm that is not on offer": { algorithm: "RS1" },
  "R8: a signature of its own that is broken": {
    attestation: "packed",
    attestationStatement: (s) => new Map([...s, ["sig", flipped(Buffer.from(s.get("sig") as Uint8Array), 40)]]),
  },
  "R8: a signature of its own by another algorithm": {
    attestation: "packed",
    attestationStatement: (s) => new Map([...s, ["alg", -257]]),
  },
  "R8: certificates, which nobody asked for": {
    attestation: "packed",
    attestationStatement: (s) => new Map<string, Cbor>([...s, ["x5c", new Map()]]),
  },
  "R8: a statement beside none": { attestationStatement: () => new Map([["sig", Buffer.alloc(8)]]) },
  "R8: another format": { attestationFormat: "android-safetynet" },
  "R8: a format that nobody knows": { attestationFormat: "mine" },
  "R9: no credential id": { credentialId: new Uint8Array(0), answer: (a) => ({ ...a, id: "AAAA", rawId: "AAAA" }) },
  "D12: an id that is not the raw one": { answer: (a) => ({ ...a, id: "AAAA" }) },
  "D12: a raw id that is not the id": { answer: (a) => ({ ...a, rawId: "AAAA" }) },
  "D12: both ids, but not the one inside": { answer: (a) => ({ ...a, id: "AAAA", rawId: "AAAA" }) },
  "D12: another type of credential": { answer: (a) => ({ ...a, type: "password" }) },
  "no attested data": { authenticatorData: (bytes) => bytes.subarray(0, 37) },
  "attested data that is not told": { authenticatorData: (bytes) => flipped(bytes, 32).fill(0x05, 32, 33) },
  "bytes left over": { authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.from([0])]) },
  "client data that is no JSON": { clientDataPrefix: "x" },
  "client data that is a list": { clientData: () => [] },
  "client data that is null": { clientData: () => null },
  "an object that is no CBOR": { answer: response({ attestationObject: "AAAA" }) },
  "an object that is empty": { answer: response({ attestationObject: encodeCbor(new Map()).toString("base64url") }) },
}

describe("a registration is refused, and counted", () => {
  test.each(Object.entries(wrong))("%s", async (_name, change) => {
    const options = await begin()
    expect(await refusal(confirm(authenticatorForTests().create(options, change)))).toEqual({ code: "code_incorrect" })
    expect(await isOn()).toBe(false)
    // The same question still takes the right answer: it was the change that was refused.
    expect(await confirm(authenticatorForTests().create(options))).toMatchObject({ factor: { state: "on" } })
  })

  test("five wrong ones begin a wait", async () => {
    const options = await begin()
    for (let failures = 0; failures < 5; failures++)
      await refusal(confirm(authenticatorForTests().create(options, { userPresent: false })))
    expect(await refusal(confirm(authenticatorForTests().create(options)))).toMatchObject({ code: "too_many_attempts" })
  })
})

describe("what is no answer is refused without being counted", () => {
  const long = (characters: number): string => "A".repeat(characters)
  const junk: Record<string, PasskeyChange> = {
    "R9: a credential id of 1024 bytes": { credentialId: new Uint8Array(1024) },
    "an object of more than 8 kB": { answer: response({ attestationObject: long(8196) }) },
    "client data of more than 4 kB": { answer: response({ clientDataJSON: long(4100) }) },
    "an id with padding": { answer: (a) => ({ ...a, id: `${a.id}=` }) },
    "an id that is no base64url": { answer: (a) => ({ ...a, id: "a+b/" }) },
    "an id of no bytes": { answer: (a) => ({ ...a, id: "A" }) },
    "a number for an id": { answer: (a) => ({ ...a, id: 7 }) },
    "no type": { answer: ({ type: _type, ...a }) => a },
    "no response": { answer: ({ response: _response, ...a }) => a },
    "a response that is a list": { answer: (a) => ({ ...a, response: [] }) },
    "no client data": { answer: response({ clientDataJSON: undefined }) },
    "transports that are no list": { answer: response({ transports: "usb" }) },
    "text in place of the object": { answer: (a) => JSON.stringify(a) },
  }
  test.each(Object.entries(junk))("%s", async (_name, change) => {
    const options = await begin()
    for (let times = 0; times < 6; times++)
      expect(await refusal(confirm(authenticatorForTests().create(options, change)))).toEqual({
        code: "input_invalid",
        field: "answer",
      })
    expect(await confirm(authenticatorForTests().create(options))).toMatchObject({ factor: { state: "on" } })
  })
})

describe("a registration passes", () => {
  const right: Record<string, PasskeyChange> = {
    "with each algorithm on offer: ES256": { algorithm: "ES256" },
    "with each algorithm on offer: EdDSA": { algorithm: "EdDSA" },
    "with each algorithm on offer: RS256": { algorithm: "RS256" },
    "signed by the key itself, which browsers let through": { attestation: "packed" },
    "without a verified user": { userVerified: false },
    "with a credential id of 1023 bytes": { credentialId: new Uint8Array(1023).fill(9) },
    "G1: with extensions that nobody asked for": {
      extensions: new Map([["credProtect", 2]]),
      answer: (a) => ({ ...a, clientExtensionResults: { credProps: { rk: true }, novelty: { deep: [1] } } }),
    },
    "G2: with a byte order mark before the client data": { clientDataPrefix: "\uFEFF" },
    "with client data that says more, as it may": { clientData: (c) => ({ ...c, other_keys_can_be_added_here: "x" }) },
    "from a browser that says nothing of frames": { clientData: ({ crossOrigin: _crossOrigin, ...c }) => c },
    "with transports that nobody knows yet": { answer: response({ transports: ["internal", "telepathy", 7, "<b>"] }) },
    "without transports": { answer: response({ transports: undefined }) },
  }
  test.each(Object.entries(right))("%s", async (_name, change) => {
    const authenticator = authenticatorForTests()
    await enrolPasskey(scene, on, authenticator, change)
    const token = await scene.challenge()
    const answer = authenticator.get(await optionsOf(scene, token))
    expect(await scene.answer(token, "passkey", answer)).toMatchObject({ status: "complete" })
  })

  test("on every origin that the installation names", async () => {
    await scene.close()
    const origins = ["http://localhost:3000", "https://shop.localhost"]
    scene = await sceneForTests({ settings: { relyingParty: { origins } } })
    on = await scene.as((await scene.signIn()).token)
    for (const origin of origins) ({ on } = await enrolPasskey(scene, on, authenticatorForTests({ origin })))
    expect(await scene.engine.factors.list(on)).toHaveLength(2)
  })
})

describe("a registration passes once (incident D11)", () => {
  test("a finished one binds no second passkey", async () => {
    const answer = authenticatorForTests().create(await begin())
    await confirm(answer)
    on = await scene.as((await scene.answer(await scene.challenge(), "recovery-code", await aCode())).token)
    expect(await refusal(confirm(answer))).toEqual({ code: "enrolment_expired" })
    await begin()
    expect(await refusal(confirm(answer))).toEqual({ code: "code_incorrect" })
  })

  const aCode = async (): Promise<string> => {
    const fresh = await scene.engine.recoveryCodes.replace(scene.asOperator)
    return fresh.codes[0] ?? ""
  }

  test("of a hundred at once one stands", async () => {
    const answer = authenticatorForTests().create(await begin())
    const settled = await Promise.allSettled(Array.from({ length: 100 }, () => confirm(answer)))
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    expect(await scene.engine.factors.list(scene.asOperator)).toHaveLength(1)
  })

  test("another user's question is none of mine", async () => {
    const other = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await other.as((await other.signIn()).token)
    const answer = authenticatorForTests().create(await begin(theirs))
    await begin()
    expect(await refusal(confirm(answer))).toEqual({ code: "code_incorrect" })
  })

  test("after five minutes it is too late", async () => {
    const answer = authenticatorForTests().create(await begin())
    scene.clock.advance(300)
    expect(await refusal(confirm(answer))).toEqual({ code: "code_incorrect" })
    const inTime = authenticatorForTests().create(await begin())
    scene.clock.advance(299)
    expect(await confirm(inTime)).toMatchObject({ factor: { state: "on" } })
  })

  test("a question of a sign-in is not answered with a registration, nor the other way round", async () => {
    const { authenticator } = await enrolPasskey(scene, on)
    const token = await scene.challenge()
    const { challenge } = (await optionsOf(scene, token)) as { challenge: string }
    const creation = { rp: { id: "localhost" }, user: { id: "AAAA" }, challenge }
    const registered = authenticatorForTests().create(creation)
    expect(await refusal(scene.answer(token, "passkey", registered))).toEqual({ code: "code_incorrect" })

    const fresh = await scene.as((await scene.answer(token, "recovery-code", await aCode())).token)
    const { challenge: asked } = (await begin(fresh)) as { challenge: string }
    const asserted = authenticator.get({ rpId: "localhost", challenge: asked })
    expect(await refusal(confirm(asserted, fresh))).toEqual({ code: "code_incorrect" })
  })

  test("R9: a credential that is somebody's is nobody else's, even a second one of the same user", async () => {
    const { on: mine, authenticator } = await enrolPasskey(scene, on)
    const credentialId = Buffer.from(authenticator.passkeys[0]?.id ?? "", "base64url")
    const other = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
    const theirs = await other.as((await other.signIn()).token)
    for (const as of [mine, theirs]) {
      const answer = authenticatorForTests().create(await begin(as), { credentialId })
      expect(await refusal(confirm(answer, as))).toEqual({ code: "conflict" })
    }
    expect(await scene.engine.factors.list(theirs)).toEqual([])
  })
})
