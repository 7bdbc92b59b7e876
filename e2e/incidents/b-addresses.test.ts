import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Ground, startGround } from "./ground.ts"
import { openWaysIn, type WayIn } from "./ways-in.ts"

let ground: Ground
let ways: readonly WayIn[]

beforeAll(async () => {
  ground = await startGround()
  ways = await openWaysIn(ground)
})
afterAll(() => ground.close())

const wide = (text: string): string =>
  [...text]
    .map((letter) => (/[!-~]/.test(letter) ? String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0) : letter))
    .join("")

/** One address as several people, or one attacker, would type it. */
export const spellingsOf = (email: string): string[] => [
  email,
  email.toUpperCase(),
  ` ${email} `,
  `${email.slice(0, 1).toUpperCase()}${email.slice(1)}`,
  wide(email),
  email.replace("k", "\u212a"),
  `\u00a0${email}\u2003`,
]

describe("one address in many spellings", () => {
  test("is one account with one policy, at every door (B10, C7)", async () => {
    for (const way of ways) {
      const who = await ground.person({ email: `kelvin.k${crypto.randomUUID().slice(0, 8)}@example.com` })
      for (const email of spellingsOf(who.email)) {
        const first = await way.first({ email, password: who.password })
        expect([way.name, email, first.in]).toEqual([way.name, email, false])
        const given = await first.give(who.app.code())
        expect([way.name, email, given.in]).toEqual([way.name, email, true])
        ground.server.clock.advance(30)
      }
    }
  })

  test("has one lock, at all doors together (B10, B9)", async () => {
    const who = await ground.person({ email: `kelvin.k${crypto.randomUUID().slice(0, 8)}@example.com` })
    const spellings = spellingsOf(who.email)
    for (let tries = 0; tries < 5; tries++) {
      const way = ways[tries % ways.length]
      await way?.first({ email: spellings[tries] ?? "", password: `not it ${tries}` })
    }
    for (const way of ways) {
      const first = await way.first({ email: spellings[6] ?? "", password: who.password })
      expect([way.name, first.in, (await first.give(who.app.code())).in]).toEqual([way.name, false, false])
    }
    expect((await ground.client().post("/v1/sign-in", { email: spellings[5], password: who.password })).status).toBe(
      429,
    )
  })

  test("is one account at sign-up, at every door that takes one (C7)", async () => {
    const email = `kelvin.k${crypto.randomUUID().slice(0, 8)}@example.com`
    const password = "a long enough pass phrase"
    await ground.plain({ email })
    for (const spelling of spellingsOf(email)) {
      await ground.client().post("/v1/sign-up", { email: spelling, password })
      await ground
        .client({ origin: null })
        .post("/api/accounts/registration", { email: spelling, password, confirmPassword: password })
      await ground.client().post("/identity/register", { email: spelling, password: "Pass-Phrase-77" })
    }
    const { json } = await ground.service.get<{ items: unknown[] }>(`/v1/users?limit=100&search=${email.slice(0, 12)}`)
    const listed = await ground.service.get<{ items: { email: string }[] }>(
      `/v1/users?limit=100&search=${email.split("@")[0]}`,
    )
    expect(json.items.length).toBeGreaterThan(0)
    expect(listed.json.items.map((user) => user.email)).toEqual([email])
    // Mails go to the address that is stored, in its stored spelling.
    const mails = await ground.server.mails.all()
    expect(mails.filter(({ to }) => to !== email && to.normalize("NFKC").toLowerCase() === email)).toEqual([])
  })
})

describe("a client's address", () => {
  test("is not what a header says, unless a proxy that is trusted says it (B9)", async () => {
    const limited = await startGround({ addressLimits: true, addressSignIns: 10 })
    const who = await limited.plain()
    const statuses: number[] = []
    for (let tries = 0; tries < 14; tries++) {
      const forwarded = `198.51.100.${tries}, 203.0.113.${tries}`
      const answer = await limited.client({ address: "192.0.2.1" }).post(
        "/v1/sign-in",
        { email: `nobody${tries}@example.com`, password: "a wrong pass phrase" },
        {
          "x-forwarded-for": forwarded,
          "x-real-ip": forwarded,
          forwarded: `for=${forwarded}`,
          "cf-connecting-ip": forwarded,
        },
      )
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429, 429, 429])
    expect(
      (await limited.client({ address: "192.0.2.2" }).post("/v1/sign-in", { email: who.email, password: who.password }))
        .status,
    ).toBe(200)
    // Neither in the list of sessions nor in the record does the header's word stand.
    const browser = limited.client({ address: "192.0.2.2" })
    await browser.post("/v1/sign-in", { email: who.email, password: who.password }, { "x-forwarded-for": "6.6.6.6" })
    expect((await browser.get("/v1/sessions")).text).not.toContain("6.6.6.6")
    expect((await browser.get("/v1/activity?limit=50")).text).not.toContain("6.6.6.6")
    await limited.close()
  })

  test("counts one network of IPv6 as one client, and a fresh installation limits without being told (B9, B11)", async () => {
    const fresh = await startGround({ addressLimits: true })
    const statuses = new Set<number>()
    for (let tries = 0; tries < 61; tries++)
      statuses.add(
        (
          await fresh
            .client({ address: `2001:db8:7:7::${tries.toString(16)}` })
            .post("/v1/sign-in", { email: `nobody${tries}@example.com`, password: "a wrong pass phrase" })
        ).status,
      )
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([401, 429])
    const who = await fresh.person()
    for (let tries = 0; tries < 5; tries++)
      await (
        await fresh.half(who, { address: `198.51.100.${tries}` })
      ).post("/v1/challenge/answer", { kind: "totp", answer: "000000" })
    const half = await fresh.half(who)
    expect((await half.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(429)
    await fresh.close()
  })

  test("sends so many mails in an hour and no more, whatever the door (B11)", async () => {
    const limited = await startGround({ addressLimits: true })
    const who = await limited.plain()
    const ask = [
      () => limited.client().post("/v1/password/forgot", { email: who.email }),
      () => limited.client().post("/v1/sign-up", { email: who.email, password: "a long enough pass phrase" }),
      () =>
        limited
          .client({ origin: null })
          .post("/api/accounts/forgotpassword", { email: who.email, clientURI: limited.server.url }),
    ]
    const statuses: number[] = []
    for (let tries = 0; tries < 24; tries++) statuses.push((await ask[tries % ask.length]?.())?.status ?? 0)
    expect(statuses.slice(0, 18).every((status) => status < 300)).toBe(true)
    expect(statuses.slice(-3).every((status) => status >= 400)).toBe(true)
    expect((await limited.server.mails.to(who.email)).length).toBeLessThanOrEqual(20)
    await limited.close()
  })
})
