import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { atOnce, codeOf, credentials, type Ground, type Json, must, operator, startGround } from "./ground.ts"

let ground: Ground
beforeAll(async () => {
  ground = await startGround()
})
afterAll(() => ground.close())

const advance = (seconds: number): void => ground.server.clock.advance(seconds)
const on = (userId: string) => ({ ...operator, userId })
/** Nothing but these statuses came, and how often each. */
const counted = (answers: readonly { status: number }[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

describe("a hundred at once", () => {
  test("confirmations of one enrolment turn one factor on and make one set of codes (E4, A6)", async () => {
    const who = await ground.plain()
    const browser = await ground.bearer(who)
    const begun = must(await browser.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }), 201)
    const answer = ground.server.authenticator.scan(begun.json.show.uri).code()
    const answers = await atOnce(100, () => browser.post<Json>("/v1/factors/confirm", { kind: "totp", answer }))
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect(answers.every(({ status }) => [200, 400, 401, 409, 410].includes(status))).toBe(true)
    expect(await ground.server.engine.factors.list(on(who.id))).toHaveLength(1)
    const codes = won[0]?.json["recoveryCodes"] as string[]
    const status = await ground.server.engine.recoveryCodes.status(on(who.id))
    expect([codes.length, status.total, status.left]).toEqual([10, 10, 10])
    must(await (await ground.half(who)).post("/v1/challenge/answer", { kind: "recovery-code", answer: codes[9] }), 200)
  })

  test("confirmations of three enrolments with the code of each leave every app that was told to be on, and no more than the limit (D18)", async () => {
    const who = await ground.plain()
    const browser = await ground.bearer(who)
    const apps = await atOnce(3, async () => {
      const begun = must(await browser.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }), 201)
      return ground.server.authenticator.scan(begun.json.show.uri)
    })
    const answers = await Promise.all(
      Array.from({ length: 99 }, (_, index) =>
        browser.post<Json>("/v1/factors/confirm", { kind: "totp", answer: apps[index % 3]?.code() }),
      ),
    )
    const told = answers.filter(({ status }) => status === 200)
    const kept = await ground.server.engine.factors.list(on(who.id))
    expect(kept).toHaveLength(told.length)
    expect(told.filter(({ json }) => json["recoveryCodes"] !== undefined)).toHaveLength(1)
  })

  test("beginnings leave three that wait, and more apps than five are never on (B17)", async () => {
    const who = await ground.plain()
    const browser = await ground.bearer(who)
    const begun = await atOnce(100, () => browser.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }))
    expect(begun.every(({ status }) => status === 201 || status === 409)).toBe(true)
    const answers = await Promise.all(
      begun
        .filter(({ status }) => status === 201)
        .map(({ json }) =>
          browser.post("/v1/factors/confirm", {
            kind: "totp",
            answer: ground.server.authenticator.scan(json.show.uri).code(),
          }),
        ),
    )
    const kept = await ground.server.engine.factors.list(on(who.id))
    expect(kept.length).toBe(answers.filter(({ status }) => status === 200).length)
    expect(kept.length).toBeLessThanOrEqual(5)
  })

  test("replacements of recovery codes leave one whole set, and it is one that was told (E4)", async () => {
    const who = await ground.person()
    const browser = await ground.bearer(who)
    const answers = await atOnce(100, () => browser.post<{ codes: string[] }>("/v1/recovery-codes"))
    expect(Object.keys(counted(answers)).every((status) => ["201", "409"].includes(status))).toBe(true)
    const sets = answers.filter(({ status }) => status === 201).map(({ json }) => json.codes)
    expect((await ground.server.engine.recoveryCodes.status(on(who.id))).total).toBe(10)
    let good = 0
    for (const [first] of sets) {
      const half = await ground.half(who)
      const used = await half.post("/v1/challenge/answer", { kind: "recovery-code", answer: first })
      if (used.status === 200) good++
      if (used.status === 429) throw new Error("the sets that lost were counted as guesses too soon")
      advance(3600)
    }
    expect(good).toBe(1)
    expect(
      (await (await ground.half(who)).post("/v1/challenge/answer", { kind: "recovery-code", answer: who.codes[0] }))
        .status,
    ).toBe(400)
  })

  test("step-ups with one code make one session's token new (F4)", async () => {
    const who = await ground.person()
    const browser = await ground.bearer(who)
    advance(600)
    const opened = await atOnce(20, () => browser.post<{ token: string }>("/v1/step-up", { level: "second_factor" }))
    const answer = who.app.code()
    const answers = await Promise.all(
      opened.map(({ json }) =>
        ground.client({ bearer: json.token }).post("/v1/challenge/answer", { kind: "totp", answer }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test("sign-ups with one address make one account, and each is answered like the others (F8)", async () => {
    const email = `racer-${crypto.randomUUID().slice(0, 8)}@example.com`
    const answers = await atOnce(50, (index) =>
      ground.client().post("/v1/sign-up", {
        email: index % 2 ? email : email.toUpperCase(),
        password: `a long pass phrase ${index}`,
      }),
    )
    expect(counted(answers)).toEqual({ 202: 50 })
    const found = await ground.service.get<{ items: unknown[] }>(`/v1/users?limit=10&search=${email}`)
    expect(found.json.items).toHaveLength(1)
  })
})

describe("the last factor under a policy that demands one", () => {
  test("stays, when the last two are removed at once, by one session, by two, or by a service beside (D10)", async () => {
    const strict = await startGround({ secondFactor: "required" })
    for (const by of ["one", "two"] as const) {
      const user = await strict.server.createUser({ totp: true })
      const acting = { ...operator, userId: user.id }
      await strict.server.engine.factors.add(acting, { kind: "email-code" })
      const ids = (await strict.server.engine.factors.list(acting)).map(({ id }) => id)
      const sessions = [await strict.bearer(user), await strict.bearer(user)]
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          sessions[by === "one" ? 0 : index % 2]?.delete(`/v1/factors/${ids[index % 2]}`),
        ),
      )
      expect(answers.filter((answer) => answer?.status === 204)).toHaveLength(1)
      expect(await strict.server.engine.factors.list(acting)).toHaveLength(1)
    }
    await strict.close()
  })
})

describe("a change of the password", () => {
  const fresh = "a brand new pass phrase"

  test("beside sign-ins with the old one leaves none of theirs behind (D8)", async () => {
    for (const kind of ["plain", "person"] as const) {
      const who = await ground[kind]()
      const browser = await ground.bearer(who)
      const [changed, ...others] = await Promise.all([
        browser.post("/v1/me/password", { current: who.password, password: fresh }),
        ...Array.from({ length: 40 }, async () => {
          const other = ground.client()
          await other.post("/v1/sign-in", credentials(who))
          return other
        }),
      ])
      expect(changed.status).toBe(204)
      for (const other of others) {
        expect(await ground.whoIs(other)).toBeUndefined()
        // Nor does a challenge from the old password go on.
        if (kind === "person") {
          const status = (await other.get("/v1/challenge")).status
          expect(status).toBe(410)
        }
      }
    }
  })

  test("a hundred times at once makes one of them the password (D8)", async () => {
    const who = await ground.plain()
    const browser = await ground.bearer(who)
    const answers = await atOnce(30, (index) =>
      browser.post("/v1/me/password", { current: who.password, password: `a fresh pass phrase ${index}` }),
    )
    const won = answers.flatMap(({ status }, index) => (status === 204 ? [index] : []))
    expect(won.length).toBeGreaterThanOrEqual(1)
    expect((await ground.client().post("/v1/sign-in", credentials(who))).status).toBe(401)
    const good: number[] = []
    for (const index of answers.keys()) {
      const tried = await ground
        .client()
        .post("/v1/sign-in", { email: who.email, password: `a fresh pass phrase ${index}` })
      if (tried.status === 200) good.push(index)
      advance(3600)
    }
    expect(good).toHaveLength(1)
    expect(won).toContain(good[0])
  })

  test("beside a reset by mail leaves one password, and no session from before either (C8)", async () => {
    const who = await ground.plain()
    const browser = await ground.bearer(who)
    await ground.client().post("/v1/password/forgot", { email: who.email })
    const link = (await ground.server.mails.latestTo(who.email)).links.find((found) => found.includes("token=")) ?? ""
    const token = new URL(link).searchParams.get("token")
    const [changed, reset] = await Promise.all([
      browser.post("/v1/me/password", { current: who.password, password: "the pass phrase that was changed" }),
      ground.client().post("/v1/password/reset", { token, password: "the pass phrase that was reset" }),
    ])
    expect([changed.status, reset.status].filter((status) => status === 204)).toHaveLength(1)
    if (reset.status === 204) expect(await ground.whoIs(browser)).toBeUndefined()
  })
})

describe("an account that is disabled", () => {
  test("ends its sessions, challenges, keys and tokens at once, whatever is under way (B14)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who, { remember: true })
    const key = must(await browser.post<{ key: string }>("/v1/api-keys", { name: "script" }), 201).json.key
    const half = await ground.half(who)
    const [disabled, ...reads] = await Promise.all([
      ground.service.patch(`/v1/users/${who.id}`, { disabled: true }),
      ...Array.from({ length: 30 }, () => browser.get("/v1/me")),
    ])
    expect(disabled.status).toBe(200)
    expect(Object.keys(counted(reads)).every((status) => ["200", "401"].includes(status))).toBe(true)
    for (const client of [browser, ground.client({ bearer: key })])
      expect((await client.get("/v1/me")).status).toBe(401)
    expect((await half.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(410)
    const again = await browser.post("/v1/sign-in", credentials(who))
    expect([again.status, codeOf(again)]).toEqual([403, "account_disabled"])
    // Told only after the right password.
    const wrong = await ground.client().post("/v1/sign-in", { email: who.email, password: "not the pass phrase" })
    expect(codeOf(wrong)).toBe("credentials_incorrect")
    must(await ground.service.patch(`/v1/users/${who.id}`, { disabled: false }), 200)
    expect(await ground.whoIs(browser)).toBeUndefined()
  })

  test("and one that is removed leaves nothing that opens anything (B14)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who, { remember: true })
    const key = must(await browser.post<{ key: string }>("/v1/api-keys", { name: "script" }), 201).json.key
    const half = await ground.half(who)
    const removed = await atOnce(10, () => ground.service.delete(`/v1/users/${who.id}`))
    expect(counted(removed)).toEqual({ 204: 1, 404: 9 })
    for (const client of [browser, ground.client({ bearer: key })])
      expect((await client.get("/v1/me")).status).toBe(401)
    expect((await half.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(410)
    expect(codeOf(await browser.post("/v1/sign-in", credentials(who)))).toBe("credentials_incorrect")
    // The address is free again, and nothing of the one before is there.
    const next = await ground.plain({ email: who.email })
    expect(await ground.server.engine.factors.list(on(next.id))).toEqual([])
  })
})
