import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  atOnce,
  codeOf,
  type Ground,
  must,
  operator,
  type Person,
  startGround,
  wrongCode,
  wrongCodes,
} from "./ground.ts"
import { type Kind, openWaysIn, type WayIn } from "./ways-in.ts"

let ground: Ground
let ways: readonly WayIn[]

beforeAll(async () => {
  ground = await startGround()
  ways = await openWaysIn(ground)
})
afterAll(() => ground.close())

const advance = (seconds: number): void => ground.server.clock.advance(seconds)

/** Starts anew and gives one answer. */
const tryOnce = async (who: Person, answer: string, kind: Kind = "totp") => {
  const half = await ground.half(who)
  if (kind === "email-code") await half.post("/v1/challenge/start", { kind })
  return await half.post("/v1/challenge/answer", { kind, answer })
}

const mailedCode = async ({ email }: Person): Promise<string> => (await ground.server.mails.latestTo(email)).code ?? ""

/** What is wrong of a kind, and different each time. */
const wrongOf = (who: Person, kind: Kind, count: number): string[] =>
  kind === "recovery-code"
    ? Array.from({ length: count }, (_, index) => `BCDFGHJK${String(22 + index)}`)
    : wrongCodes(who, count)

describe("guesses at a second factor", () => {
  for (const kind of ["totp", "email-code", "recovery-code"] as const)
    test(`of the kind ${kind} stop after five, for the right one as well, and beginning anew gives no more (B2, B3, B5, B6, B13)`, async () => {
      const who = await ground.person({ mailed: true })
      const statuses: number[] = []
      for (const wrong of wrongOf(who, kind, 8)) statuses.push((await tryOnce(who, wrong, kind)).status)
      expect(statuses).toEqual([400, 400, 400, 400, 400, 429, 429, 429])
      // The effect, not the counter: what is right is refused too, of every kind.
      expect((await tryOnce(who, who.app.code())).status).toBe(429)
      expect((await tryOnce(who, who.codes[0] ?? "", "recovery-code")).status).toBe(429)
      const half = await ground.half(who)
      await half.post("/v1/challenge/start", { kind: "email-code" })
      expect(
        (await half.post("/v1/challenge/answer", { kind: "email-code", answer: await mailedCode(who) })).status,
      ).toBe(429)
      advance(61)
      expect((await tryOnce(who, who.app.code())).status).toBe(200)
    })

  test("of several kinds share one count, and each wait is longer than the one before (B6)", async () => {
    const who = await ground.person({ mailed: true })
    const mixed: readonly Kind[] = ["totp", "recovery-code", "email-code", "totp", "recovery-code"]
    for (const [index, kind] of mixed.entries())
      expect((await tryOnce(who, wrongOf(who, kind, 5)[index] ?? "", kind)).status).toBe(400)
    const waits: number[] = []
    for (let round = 0; round < 8; round++) {
      const refused = await tryOnce(who, who.app.code())
      expect(refused.status).toBe(429)
      const wait = Number(refused.headers.get("retry-after"))
      waits.push(wait)
      advance(wait)
      for (const wrong of wrongCodes(who, 5)) expect((await tryOnce(who, wrong)).status).toBe(400)
    }
    expect(waits).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600])
  })

  test("spread over all doors and the session's own operations are counted together (B1, B12, B13)", async () => {
    const who = await ground.person()
    const session = await ground.signedIn(who)
    const places: ((code: string) => Promise<boolean>)[] = [
      ...ways.map((way) => async (code: string) => (await (await way.first(who)).give(code)).in),
      async (answer) => {
        await session.post("/v1/step-up", { level: "second_factor" })
        return (await session.post("/v1/challenge/answer", { kind: "totp", answer })).status === 200
      },
      async (answer) => (await session.post("/v1/mfa-tokens", { proof: { kind: "totp", answer } })).status === 201,
    ]
    const spread = wrongCodes(who, 5)
    for (const [index, code] of spread.entries()) expect(await places[index % places.length]?.(code)).toBe(false)
    for (const place of places) expect(await place(who.app.code())).toBe(false)
    advance(61)
    expect((await tryOnce(who, who.app.code())).status).toBe(200)
  })

  test("in odd spellings are counted like plain ones, and what can't be a code passes nowhere (B1, B19)", async () => {
    const who = await ground.person()
    const wrong = wrongCodes(who, 5)
    const odd = [
      ` ${wrong[0]}`,
      `${wrong[1]?.slice(0, 2)} ${wrong[1]?.slice(2)}`,
      [...(wrong[2] ?? "")].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join(""),
      `\u200e${wrong[3]}`,
      `${wrong[4]?.slice(0, 3)}\u2013${wrong[4]?.slice(3)}`,
    ]
    for (const spelling of odd) expect((await tryOnce(who, spelling)).status).toBe(400)
    expect((await tryOnce(who, who.app.code())).status).toBe(429)
    advance(61)

    const junk: unknown[] = [
      "",
      " ",
      null,
      undefined,
      0,
      123456,
      true,
      [],
      {},
      ["000000"],
      { code: "000000" },
      "12345",
      "1234567",
      "abcdef",
      "1e5000",
      "-00001",
      "0x1f40",
      "00000\u0000",
    ]
    for (const answer of junk) {
      const half = await ground.half(who)
      const given = await half.post("/v1/challenge/answer", { kind: "totp", answer })
      expect([answer, [400, 401, 422].includes(given.status)]).toEqual([answer, true])
      expect(await ground.whoIs(half)).toBeUndefined()
      for (const way of ways)
        if (typeof answer === "string") expect((await (await way.first(who)).give(answer)).in).toBe(false)
    }
    const twice = await (await ground.half(who)).post("/v1/challenge/answer", undefined)
    expect(twice.status).toBeGreaterThanOrEqual(400)
    expect((await tryOnce(who, who.app.code())).status).toBe(200)
  })

  test("in a body that says two things at once are refused (B1)", async () => {
    const who = await ground.person()
    const half = await ground.half(who)
    const body = `{"kind":"totp","answer":"${wrongCode(who)}","answer":"${who.app.code()}"}`
    const request = new Request(`${ground.server.url}/v1/challenge/answer`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        cookie: [...half.cookies].map((pair) => pair.join("=")).join("; "),
      },
      body,
    })
    expect((await ground.server.fetch(request, { address: "192.0.2.1" })).status).toBe(422)
    const form = await half.submit("/account/second-step", { kind: "totp", code: who.app.code() })
    expect(form.status).toBe(403)
  })

  test("a hundred at once gain no more than some in a row (B7)", async () => {
    const who = await ground.person()
    const halves = await atOnce(100, () => ground.half(who))
    const wrong = wrongCodes(who, 100)
    const settled = await atOnce(100, async (index) =>
      halves[index]?.post("/v1/challenge/answer", { kind: "totp", answer: wrong[index] }),
    )
    expect(settled.filter((answer) => answer?.status === 200)).toEqual([])
    // All were counted, so that the wait is far beyond the first.
    const refused = await tryOnce(who, who.app.code())
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(3000)
  })

  test("the right one among a hundred wrong ones at once, behind the first dozen, does not pass (B7)", async () => {
    const who = await ground.person()
    const halves = await atOnce(100, () => ground.half(who))
    const guesses = wrongCodes(who, 100)
    guesses[60] = who.app.code()
    const settled = await atOnce(100, async (index) =>
      halves[index]?.post("/v1/challenge/answer", { kind: "totp", answer: guesses[index] }),
    )
    expect(settled.filter((answer) => answer?.status === 200)).toEqual([])
  })

  test("on one challenge: five, however many come at once, and not after its time (B7)", async () => {
    const who = await ground.person()
    const half = await ground.half(who)
    const settled = await atOnce(50, async () =>
      half.post("/v1/challenge/answer", { kind: "totp", answer: wrongCode(who) }),
    )
    expect(settled.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(5)
    expect(settled.every(({ status }) => [400, 410, 429].includes(status))).toBe(true)
    advance(61)
    expect((await half.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(410)

    const late = await ground.half(who)
    advance(600)
    expect((await late.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(410)
    const inTime = await ground.half(who)
    advance(599)
    expect((await inTime.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(200)
  })

  test("right answers at once on one challenge give one session (B7)", async () => {
    const who = await ground.person()
    const half = await ground.half(who)
    const settled = await atOnce(4, async (index) =>
      half.post(
        "/v1/challenge/answer",
        index % 2 === 0
          ? { kind: "totp", answer: who.app.code() }
          : { kind: "recovery-code", answer: who.codes[index] },
      ),
    )
    expect(settled.filter(({ status }) => status === 200)).toHaveLength(1)
    const sessions = await ground.server.engine.sessions.list({ ...operator, userId: who.id })
    expect(sessions).toHaveLength(1)
    // A code that came second to its challenge was not spent by it.
    const left = await ground.server.engine.recoveryCodes.status({ ...operator, userId: who.id })
    expect(left.left).toBeGreaterThanOrEqual(9)
  })

  test("are not forgiven by somebody else's success from the same address (B8)", async () => {
    const [victim, attacker] = [await ground.person(), await ground.person()]
    for (const [index, wrong] of wrongCodes(victim, 5).entries()) {
      expect((await tryOnce(victim, wrong)).status).toBe(400)
      if (index === 3) expect((await tryOnce(attacker, attacker.app.code())).status).toBe(200)
    }
    expect((await tryOnce(victim, victim.app.code())).status).toBe(429)
  })

  test("are not forgiven by the password, nor by a session that the user has (B9)", async () => {
    const who = await ground.person()
    const session = await ground.signedIn(who)
    for (const wrong of wrongCodes(who, 4)) expect((await tryOnce(who, wrong)).status).toBe(400)
    for (const way of ways) await way.first(who)
    must(await session.get("/v1/me"), 200)
    must(await session.post("/v1/step-up", { level: "first_factor" }), 201)
    must(await session.post("/v1/challenge/answer", { kind: "password", answer: who.password }), 200)
    expect((await tryOnce(who, wrongCode(who))).status).toBe(400)
    expect((await tryOnce(who, who.app.code())).status).toBe(429)
  })

  test("a hundred without a success end the factor until it is bound anew (B3)", async () => {
    const who = await ground.person()
    let wrong = 0
    while (wrong < 100) {
      const answer = await tryOnce(who, wrongCode(who))
      if (answer.status === 429) advance(Number(answer.headers.get("retry-after")))
      else wrong++
    }
    advance(3600)
    const right = await tryOnce(who, who.app.code())
    expect([right.status, codeOf(right)]).toEqual([400, "code_incorrect"])
    advance(3600)
    expect((await tryOnce(who, who.codes[0] ?? "", "recovery-code")).status).toBe(200)
  })

  test("a lock between the first step and the second holds at the second, at every door (B14)", async () => {
    for (const way of ways) {
      const who = await ground.person()
      const first = await way.first(who)
      for (const wrong of wrongCodes(who, 5)) await tryOnce(who, wrong)
      expect([way.name, (await first.give(who.app.code())).in]).toEqual([way.name, false])

      const other = await ground.person()
      const begun = await way.first(other)
      must(await ground.service.patch(`/v1/users/${other.id}`, { disabled: true }), 200)
      expect([way.name, (await begun.give(other.app.code())).in]).toEqual([way.name, false])
    }
  })

  test("strangers' wrong passwords keep nobody from their second factor who is signed in or remembered (B15)", async () => {
    const who = await ground.person()
    const session = await ground.signedIn(who, { remember: true })
    for (let tries = 0; tries < 12; tries++)
      await ground
        .client({ address: "203.0.113.66" })
        .post("/v1/sign-in", { email: who.email, password: `guess ${tries}` })
    expect((await ground.client().post("/v1/sign-in", { email: who.email, password: who.password })).status).toBe(429)

    must(await session.post("/v1/step-up", { level: "multi_factor" }), 201)
    must(await session.post("/v1/challenge/answer", { kind: "password", answer: who.password }), 200)
    must(await session.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
    const returning = ground.client()
    returning.cookies.set("countersign-device", session.cookies.get("countersign-device") ?? "")
    const signIn = await returning.post("/v1/sign-in", { email: who.email, password: who.password })
    expect(signIn).toMatchObject({ status: 200, json: { status: "complete", session: { aal: "aal1" } } })
    // And the way back by the mailbox stays open.
    must(await ground.client().post("/v1/password/forgot", { email: who.email }), 202)
    expect((await ground.server.mails.latestTo(who.email)).links.join(" ")).toContain("reset-password")
  })
})

describe("keys", () => {
  test("of a thousand enrolments have 160 bits each, no two alike, and as many ones as noughts (B17, D16)", async () => {
    const who = await ground.plain()
    const secrets: string[] = []
    for (let made = 0; made < 1000; made++) {
      const begun = await ground.service.post<{ show: { secret: string } }>(`/v1/users/${who.id}/factors`, {
        kind: "totp",
      })
      secrets.push(begun.json.show.secret)
    }
    expect(new Set(secrets).size).toBe(1000)
    expect(secrets.every((secret) => /^[A-Z2-7]{32}$/.test(secret))).toBe(true)
    const bits = secrets.map((secret) =>
      Array.from(secret, (letter) =>
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
      ).join(""),
    )
    // Each of the 160 places: five standard deviations of a thousand fair coins.
    for (let place = 0; place < 160; place++) {
      const ones = bits.filter((text) => text[place] === "1").length
      expect(Math.abs(ones - 500)).toBeLessThan(80)
    }
    const all = bits.join("")
    expect(Math.abs(all.replaceAll("0", "").length - all.length / 2)).toBeLessThan(1000)
  })
})
