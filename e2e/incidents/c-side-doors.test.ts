import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { formTokenIn, submitOn } from "./account-pages.ts"
import { callRoute, nativeRoutes, otherRoutes, personPages, type Route, tookForNobody } from "./every-route.ts"
import {
  credentials,
  drawRing,
  type Ground,
  type Json,
  must,
  operator,
  type Person,
  startGround,
  wrongCode,
} from "./ground.ts"
import { openWaysIn, type WayIn, waysIn } from "./ways-in.ts"

let ground: Ground
let ways: readonly WayIn[]
let guarded: readonly Route[]

beforeAll(async () => {
  ground = await startGround()
  ways = await openWaysIn(ground)
  guarded = [...(await nativeRoutes(ground)), ...personPages, ...otherRoutes].filter(
    ({ security }) => security.length > 0 && !security.every((way) => way.startsWith("challenge")),
  )
})
afterAll(() => ground.close())

const factorsOf = async ({ id }: Person) => ground.server.engine.factors.list({ ...operator, userId: id })
const cookieHeader = (cookies: ReadonlyMap<string, string>): string =>
  [...cookies].map((pair) => pair.join("=")).join("; ")

describe("before the second factor", () => {
  test("the password alone gives no session and nothing of the user, at any door (C1, C11, C13)", async () => {
    for (const way of ways) {
      const who = await ground.person()
      await ground.service.patch(`/v1/users/${who.id}`, { firstName: "Zdravko", lastName: "Quillfeather" })
      const first = await way.first(who)
      expect([way.name, first.in]).toEqual([way.name, false])
      expect(first.answer.text).not.toMatch(/Zdravko|Quillfeather/)
      expect(await ground.whoIs(first.client)).toBeUndefined()
      expect(await ground.server.engine.sessions.list({ ...operator, userId: who.id })).toEqual([])
    }
  })

  test("the open challenge, by cookie and by bearer, opens no route but those that settle it (C3, C4, D1, D3)", async () => {
    const who = await ground.person()
    const half = await ground.half(who)
    const asBearer = await ground.client().post<Json>("/v1/sign-in", { ...credentials(who), session: "bearer" })
    const challenge = half.cookies.get("countersign-challenge") ?? ""
    const before = await factorsOf(who)
    // A form has to be the server's own, and this one is: of somebody who is half-way.
    const form = formTokenIn((await half.get("/account/second-step")).text)
    const own = cookieHeader(half.cookies)
    const shown: Record<string, string>[] = [
      { cookie: own },
      { cookie: `countersign=${challenge}; ${own}` },
      { cookie: `countersign=${challenge}; countersign-device=${challenge}; ${own}` },
      { cookie: `asc_auth_key=${challenge}; asc_confirm_key_TfaAuth=${challenge}; ${own}` },
      { cookie: `asc_confirm_key_TfaActivation=${challenge}; ${own}`, confirm: `type=TfaActivation&uid=${who.id}` },
      { authorization: `Bearer ${challenge}` },
      { authorization: `Bearer ${String(asBearer.json["token"])}` },
    ]
    const through: unknown[] = []
    for (const route of guarded)
      for (const headers of shown)
        for (const id of [who.id, who.factorId]) {
          const sent = await callRoute(ground, route, { headers, id, ...(route.form ? { form } : {}) })
          if (!tookForNobody(sent)) through.push([route.method, route.path, Object.keys(headers), sent.status])
          // Its holder has typed the address; whatever else is the user's is not for them.
          if (sent.text.includes(who.factorId)) through.push([route.path, sent.text])
        }
    expect(through).toEqual([])
    expect(await factorsOf(who)).toEqual(before)
    must(await half.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
  })

  test("a demanded enrolment opens nothing but itself (D3)", async () => {
    const strict = await startGround({ secondFactor: "required" })
    const who = await strict.plain()
    const half = await strict.half(who)
    const challenge = half.cookies.get("countersign-challenge") ?? ""
    const enrolling = new Set(["/v1/factors", "/v1/factors/confirm"])
    for (const route of guarded.filter(({ method, path }) => method !== "POST" || !enrolling.has(path)))
      for (const headers of [
        { cookie: `countersign=${challenge}; countersign-challenge=${challenge}; asc_auth_key=${challenge}` },
        { authorization: `Bearer ${challenge}` },
      ]) {
        const sent = await callRoute(strict, route, { headers, id: who.id })
        expect([route.method, route.path, tookForNobody(sent)]).toEqual([route.method, route.path, true])
      }
    expect((await half.post("/v1/challenge/postpone")).status).toBe(403)
    await strict.close()
  })

  test("nothing that the first step answered is a way in, alone or together (C18)", async () => {
    for (const way of ways) {
      const who = await ground.person()
      const first = await way.first(who)
      const told = `${first.answer.text}\n${[...first.answer.headers].flat().join("\n")}\n${[...first.client.cookies].flat().join("\n")}`
      const values = [...new Set(told.match(/[A-Za-z0-9_.+/=-]{16,}/g) ?? [])]
      for (const value of values)
        for (const name of ["countersign", "countersign-device", "countersign-challenge"]) {
          const asCookie = ground.client()
          asCookie.cookies.set(name, value)
          expect(await ground.whoIs(asCookie)).toBeUndefined()
          expect(await ground.whoIs(ground.client({ bearer: value }))).toBeUndefined()
        }
      expect(await ground.whoIs(first.client)).toBeUndefined()
    }
  })

  test("back, reload and a second tab find it still pending (C15)", async () => {
    const who = await ground.person()
    const browser = ground.client()
    await submitOn(browser, "/account/sign-in", "/account/sign-in", credentials(who))
    for (const path of ["/account", "/account/sign-in", "/account/activity", "/account/second-step", "/account"]) {
      const { status, text, headers } = await browser.get(path)
      if (status === 303) expect(headers.get("location")).toMatch(/^\/account\/(sign-in|second-step)/)
      else expect(text).not.toContain("Sign out")
    }
    expect(await ground.whoIs(browser)).toBeUndefined()
    await submitOn(browser, "/account/second-step", "/account/second-step", { kind: "totp", code: who.app.code() })
    expect(await ground.whoIs(browser)).toBe(who.email)
  })
})

describe("with a second factor", () => {
  test("a wrong password fails before any hint of it, and the code does not stand in for it (C5, C6)", async () => {
    for (const way of ways) {
      const who = await ground.person()
      const [wrong, none] = [
        await way.first({ email: who.email, password: "not the pass phrase" }),
        await way.first({ email: `nobody-${who.email}`, password: "not the pass phrase" }),
      ]
      expect([way.name, wrong.in, wrong.answer.status]).toEqual([way.name, false, none.answer.status])
      if (way.name !== "account pages") expect(wrong.answer.text).toBe(none.answer.text)
      expect([way.name, (await wrong.give(who.app.code())).in]).toEqual([way.name, false])
      // The code was not even spent.
      expect([way.name, (await (await way.first(who)).give(who.app.code())).in]).toEqual([way.name, true])
      ground.server.clock.advance(30)
    }
  })

  test("the second step without the first, or in somebody else's, is refused at every door (C10, D17)", async () => {
    for (const way of ways) {
      const [ann, bob] = [await ground.person(), await ground.person()]
      const nothing = await way.first({ email: ann.email, password: "" })
      expect([way.name, (await nothing.give(ann.app.code())).in]).toEqual([way.name, false])
      // Bob has passed his own first step; Ann's code does not settle it, and his own does.
      const bobs = await way.first(bob)
      expect([way.name, (await bobs.give(ann.app.code())).in]).toEqual([way.name, false])
      expect([way.name, (await bobs.give(bob.app.code())).in]).toEqual([way.name, true])
      expect([way.name, (await (await way.first(ann)).give(ann.app.code())).in]).toEqual([way.name, true])
      ground.server.clock.advance(30)
    }
  })

  test("a challenge is good once, for one browser's sign-in (C10, C16)", async () => {
    const who = await ground.person()
    const one = await ground.half(who)
    const two = ground.client()
    two.cookies.set("countersign-challenge", one.cookies.get("countersign-challenge") ?? "")
    must(await one.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
    ground.server.clock.advance(30)
    expect((await two.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(410)
    expect((await two.get("/v1/challenge")).status).toBe(410)
    expect(await ground.whoIs(two)).toBeUndefined()
  })

  test("every request of a finished sign-in, played again singly and in order, signs nobody in (C16)", async () => {
    for (const way of ways) {
      const who = await ground.person()
      const seen: Request[] = []
      const { fetch } = ground.server
      const recording = { ...ground, client: (about?: Parameters<Ground["client"]>[0]) => record(ground, about, seen) }
      const recorded = waysIn(recording).find(({ name }) => name === way.name)
      const given = await (await recorded?.first(who))?.give(who.app.code())
      expect([way.name, given?.in]).toEqual([way.name, true])
      const played = async (request: Request): Promise<void> => {
        const response = await fetch(request.clone(), { address: "203.0.113.9" })
        const told = `${await response.text()}\n${response.headers.getSetCookie().join("\n")}`
        // Tokens that somebody could sign in with: sessions, access tokens, JWTs.
        expect([way.name, request.url, /cs[sa]_[\w-]{20}|eyJ[\w-]{20,}\.[\w-]{20,}/.test(told)]).toEqual([
          way.name,
          request.url,
          false,
        ])
      }
      for (const request of seen) await played(request)
      ground.server.clock.advance(120)
      for (const request of seen) await played(request)
    }
  })

  test("other cookies than the session's never come to two factors (C17)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who, { remember: true })
    must(await browser.get("/account"), 200)
    browser.cookies.delete("countersign")
    expect(await ground.whoIs(browser)).toBeUndefined()
    const again = await browser.post<Json>("/v1/sign-in", credentials(who))
    expect(again.json).toMatchObject({
      status: "complete",
      session: { aal: "aal1", deviceRemembered: true, amr: ["pwd"] },
    })
    browser.cookies.delete("countersign-device")
    const without = await browser.post<Json>("/v1/sign-in", credentials(who))
    expect(without.json["status"]).toBe("second_factor")
  })
})

/** A client that keeps what it sent. */
const record = (on: Ground, about: Parameters<Ground["client"]>[0], seen: Request[]) => {
  const made = on.client(about)
  const noting =
    <A extends unknown[], R>(method: string, send: (path: string, ...rest: A) => Promise<R>) =>
    async (path: string, ...rest: A): Promise<R> => {
      const [body] = rest
      const form = method === "FORM"
      seen.push(
        new Request(new URL(path, `${on.server.url}/`), {
          method: form ? "POST" : method,
          headers: {
            "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
            origin: on.server.url,
            cookie: cookieHeader(made.cookies),
            ...(about?.bearer === undefined ? {} : { authorization: `Bearer ${about.bearer}` }),
          },
          body: form ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body ?? {}),
        }),
      )
      return await send(path, ...rest)
    }
  return { ...made, post: noting("POST", made.post), submit: noting("FORM", made.submit) } as typeof made
}

describe("sessions", () => {
  test("have another token than anything before them, and none that was planted is taken (C14)", async () => {
    const who = await ground.person()
    const browser = ground.client()
    browser.cookies.set("countersign", "css_planted-by-somebody-else-planted-by-somebody")
    browser.cookies.set("countersign-challenge", "csc_planted-by-somebody-else-planted-by-somebody")
    must(await browser.post("/v1/sign-in", credentials(who)), 200)
    const challenge = browser.cookies.get("countersign-challenge") ?? ""
    expect(challenge).not.toContain("planted")
    must(await browser.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
    const session = browser.cookies.get("countersign") ?? ""
    expect(session).not.toContain("planted")
    expect(session.slice(4)).not.toBe(challenge.slice(4))
    expect(browser.cookies.has("countersign-challenge")).toBe(false)

    // A step-up gives a new token; the old one ends half a minute later.
    ground.server.clock.advance(30)
    const old = ground.client({ bearer: session })
    must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
    must(await browser.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
    expect(browser.cookies.get("countersign")).not.toBe(session)
    ground.server.clock.advance(31)
    expect(await ground.whoIs(old)).toBeUndefined()
    expect(await ground.whoIs(browser)).toBe(who.email)
  })

  test("live behind a name that no sibling host can plant (C14)", async () => {
    const behindTls = await startGround({
      publicUrl: "https://auth.example.com",
      keys: drawRing(),
      smtpUrl: "smtp://127.0.0.1:9",
    })
    const who = await behindTls.plain()
    const browser = behindTls.client()
    const answer = must(await browser.post("/v1/sign-in", credentials(who)), 200)
    const lines = answer.headers.getSetCookie()
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expect(line).toMatch(/^__Host-countersign[a-z-]*=/)
      expect(line).toMatch(/; Path=\/;/)
      expect(line).toMatch(/HttpOnly/)
      expect(line).toMatch(/Secure/)
      expect(line).not.toMatch(/Domain/i)
    }
    const token = browser.cookies.get("__Host-countersign") ?? ""
    const tossed = async (cookie: string) =>
      await behindTls.server.fetch(new Request("https://auth.example.com/v1/me", { headers: { cookie } }), {
        address: "192.0.2.1",
      })
    expect((await tossed(`countersign=${token}`)).status).toBe(401)
    expect((await tossed(`__host-countersign=${token}`)).status).toBe(401)
    expect((await tossed(`__Host-countersign=${token}; __Host-countersign=css_x`)).status).toBe(401)
    expect((await tossed(`__Host-countersign=${token}`)).status).toBe(200)
    await behindTls.close()
  })
})

describe("what says who somebody is", () => {
  test("is a session or a key and nothing else: no Basic, no other token, in no other place (C2)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who, { remember: true })
    const minted = must(await browser.post<Json>("/v1/mfa-tokens", { singleUse: false }), 201)
    await ground.client().post("/v1/password/forgot", { email: who.email })
    const link = (await ground.server.mails.latestTo(who.email)).links.find((found) => found.includes("token=")) ?? ""
    const jwt = ways.some(({ name }) => name === "accounts with JWT") ? await jwtOf(who) : ""
    const session = browser.cookies.get("countersign") ?? ""
    const device = browser.cookies.get("countersign-device") ?? ""
    expect([session, device, String(minted.json["token"]), link, jwt].every((each) => each.length > 20)).toBe(true)
    const basic = (name: string, secret: string) => `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`
    const values = [
      basic(who.email, who.password),
      basic(who.email, `${who.password}${who.app.code()}`),
      basic(session, ""),
      basic("x", session),
      `Bearer ${device}`,
      `Bearer ${String(minted.json["token"])}`,
      `Bearer ${new URL(link).searchParams.get("token") ?? ""}`,
      `Bearer ${jwt}`,
      `Bearer ${who.id}`,
      `Token ${session}`,
      `Digest ${session}`,
      session,
    ]
    const through: unknown[] = []
    for (const route of guarded)
      for (const authorization of values) {
        const sent = await callRoute(ground, route, { headers: { authorization }, id: who.factorId })
        if (!tookForNobody(sent)) through.push([route.method, route.path, authorization.slice(0, 12), sent.status])
      }
    expect(through).toEqual([])
    // Nor in the address, where it would end in logs.
    for (const name of ["access_token", "token", "session", "countersign", "api_key"])
      expect((await ground.client().get(`/v1/me?${name}=${session}`)).status).toBeGreaterThanOrEqual(400)
    for (const name of ["x-api-key", "x-auth-token", "countersign-session", "x-countersign"])
      expect((await ground.client().get("/v1/me", { [name]: session })).status).toBe(401)
  })
})

const jwtOf = async (who: Person): Promise<string> => {
  const client = ground.client({ origin: null })
  await client.post("/api/accounts/login", credentials(who))
  const answer = await client.post<Json>("/api/accounts/twostepverification", {
    email: who.email,
    provider: "Authenticator",
    token: who.app.code(),
  })
  return String(answer.json["token"])
}

test("a wrong code and a code of somebody unknown are answered alike at the second step (D17)", async () => {
  const who = await ground.person()
  const client = ground.client({ origin: null })
  await client.post("/api/accounts/login", credentials(who))
  const verify = (email: string, provider: string, token: string) =>
    client.post("/api/accounts/twostepverification", { email, provider, token })
  const answers = [
    await verify(who.email, "Authenticator", wrongCode(who)),
    await verify("nobody@example.com", "Authenticator", who.app.code()),
    await verify(who.email, "Email", who.app.code()),
    await verify(who.email, "Authenticator", "abc"),
    await verify(who.email, "Carrier pigeon", who.app.code()),
    await verify("not an address", "Authenticator", who.app.code()),
  ]
  expect(
    new Set(answers.map(({ status, text, headers }) => `${status} ${text} ${headers.get("content-type")}`)).size,
  ).toBe(1)
})
