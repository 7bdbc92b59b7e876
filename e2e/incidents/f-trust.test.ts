import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { TestClient } from "countersign/testing"
import { submitOn } from "./account-pages.ts"
import {
  atOnce,
  codeOf,
  credentials,
  type Ground,
  type Json,
  must,
  operator,
  type Person,
  startGround,
} from "./ground.ts"

let ground: Ground

beforeAll(async () => {
  ground = await startGround({
    actions: {
      pay: { level: "second_factor", seconds: 60, singleUse: true },
      browse: { level: "second_factor", seconds: 600, singleUse: false },
      close: { level: "multi_factor", seconds: 60, singleUse: true },
    },
  })
})
afterAll(() => ground.close())

const advance = (seconds: number): void => ground.server.clock.advance(seconds)
const device = (browser: TestClient): string => browser.cookies.get("countersign-device") ?? ""
/** How far the password alone comes in a browser that shows this device. */
const passwordWith = async (who: Pick<Person, "email" | "password">, token: string): Promise<unknown> => {
  const browser = ground.client()
  browser.cookies.set("countersign-device", token)
  const [byCookie, byBody] = [
    await browser.post<Json>("/v1/sign-in", credentials(who)),
    await ground.client().post<Json>("/v1/sign-in", { ...credentials(who), deviceToken: token }),
  ].map(({ status, json }) => (status === 200 ? json["status"] : "refused"))
  return byCookie === byBody ? byCookie : [byCookie, byBody]
}
const stepUp = async (browser: TestClient, who: Person, level = "second_factor"): Promise<void> => {
  must(await browser.post("/v1/step-up", { level }), 201)
  if (level === "multi_factor")
    must(await browser.post("/v1/challenge/answer", { kind: "password", answer: who.password }), 200)
  must(await browser.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
}

describe("a remembered device", () => {
  test("is known by its own token and no other: not a changed one, a made one, an old one, another user's (F1)", async () => {
    const [who, other] = [await ground.person(), await ground.person()]
    const token = device(await ground.signedIn(who, { remember: true }))
    const others = device(await ground.signedIn(other, { remember: true }))
    expect(await passwordWith(who, token)).toBe("complete")
    expect(await passwordWith(who, others)).toBe("second_factor")
    for (let place = 0; place < token.length; place++) {
      const changed = `${token.slice(0, place)}${token[place] === "A" ? "B" : "A"}${token.slice(place + 1)}`
      expect([place, await passwordWith(who, changed)]).toEqual([place, "second_factor"])
    }
    const none = Buffer.from('{"alg":"none"}').toString("base64url")
    const claims = Buffer.from(JSON.stringify({ sub: who.id, exp: 9_999_999_999 })).toString("base64url")
    for (const made of [
      `${none}.${claims}.`,
      `csd_${"A".repeat(43)}`,
      who.id,
      "csd_",
      `${token}A`,
      token.slice(0, -1),
      token.toUpperCase(),
      `${token}; x=y`,
    ])
      expect(await passwordWith(who, made.replaceAll(/[; ]/g, ""))).toBe("second_factor")
    advance(30 * 86_400)
    expect(await passwordWith(who, token)).toBe("second_factor")
  })

  test("is never proof: not for a step-up, a token, a factor, or another account (F2)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who, { remember: true })
    const signIn = await browser.post<Json>("/v1/sign-in", credentials(who))
    expect(signIn.json).toMatchObject({ session: { aal: "aal1", deviceRemembered: true, secondFactorAt: null } })
    for (const body of [{ action: "pay" }, { action: "browse" }, {}, { singleUse: false }])
      expect(codeOf(await browser.post("/v1/mfa-tokens", body))).toBe("session_reverification_required")
    expect(codeOf(await browser.post("/v1/factors", { kind: "totp" }))).toBe("session_reverification_required")
    must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
    const open = must(await browser.get<{ kinds: { kind: string }[] }>("/v1/challenge"), 200)
    expect(open.json.kinds.map(({ kind }) => kind)).toEqual(["totp", "recovery-code"])
    expect(
      (await browser.post("/v1/challenge/answer", { kind: "remembered-device", answer: device(browser) })).status,
    ).toBe(422)
  })

  test("is no leave to copy the key of the app, at a door that shows it to whoever has proved it (F2)", async ({
    skip,
  }) => {
    const who = await ground.person()
    const browser = ground.client()
    const login = async (more: Json = {}) =>
      await browser.post("/identity/login?useCookies=true", { ...credentials(who), ...more })
    if ((await login()).status === 404) skip()
    must(await login({ twoFactorCode: who.app.code() }), 200)
    const proved = must(await browser.post<Json>("/identity/manage/2fa", {}), 200)
    expect(proved.json).toMatchObject({ isTwoFactorEnabled: true, isMachineRemembered: true })
    must(await browser.post("/identity/logout", {}), 200)
    must(await login(), 200)
    const remembered = must(await browser.post<Json>("/identity/manage/2fa", {}), 200)
    expect(remembered.json).toMatchObject({ isTwoFactorEnabled: true, sharedKey: "" })
    expect(remembered.text).not.toContain(who.app.secret)
  })

  const ends: readonly (readonly [string, (who: Person, browser: TestClient) => Promise<unknown>])[] = [
    [
      "the password changes",
      async (who, browser) =>
        must(
          await browser.post("/v1/me/password", { current: who.password, password: who.password.toUpperCase() }),
          204,
        ),
    ],
    [
      "a factor is added",
      async (_who, browser) => {
        const begun = must(await browser.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }), 201)
        const answer = ground.server.authenticator.scan(begun.json.show.uri).code()
        must(await browser.post("/v1/factors/confirm", { kind: "totp", answer }), 200)
      },
    ],
    [
      "a factor goes",
      async (who) => {
        await ground.server.engine.factors.add({ ...operator, userId: who.id }, { kind: "email-code" })
        const again = await ground.half(who)
        must(await again.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
        must(await again.delete(`/v1/factors/${who.factorId}`), 204)
      },
    ],
    ["all other sessions are ended", async (_who, browser) => must(await browser.post("/v1/sessions/end-others"), 200)],
    [
      "it is forgotten from another browser",
      async (_who, browser) => must(await browser.delete("/v1/remembered-devices"), 204),
    ],
    [
      "a service takes a factor off",
      async (who) => must(await ground.service.delete(`/v1/users/${who.id}/factors/${who.factorId}`), 204),
    ],
    [
      "the account was disabled for a while",
      async (who) => {
        must(await ground.service.patch(`/v1/users/${who.id}`, { disabled: true }), 200)
        must(await ground.service.patch(`/v1/users/${who.id}`, { disabled: false }), 200)
      },
    ],
  ]
  test.each(ends)("is forgotten everywhere when %s (F3, F10)", async (_name, end) => {
    const who = await ground.person()
    const [one, two] = [await ground.signedIn(who, { remember: true }), await ground.signedIn(who, { remember: true })]
    const tokens = [device(one), device(two)]
    expect(tokens[0]).not.toBe(tokens[1])
    await end(who, one)
    // Where the factor is gone or the password another one, it is set up as before first.
    const user = await ground.server.engine.factors.list({ ...operator, userId: who.id })
    if (user.length === 0) await ground.server.engine.factors.add({ ...operator, userId: who.id }, { kind: "totp" })
    for (const token of tokens)
      for (const password of [who.password, who.password.toUpperCase()])
        expect(["second_factor", "refused"]).toContain(await passwordWith({ email: who.email, password }, token))
  })

  test("does not come back when the factor was turned off and on again in another browser (F10)", async () => {
    const who = await ground.person()
    const [one, two] = [await ground.signedIn(who, { remember: true }), await ground.signedIn(who, { remember: true })]
    must(await one.delete(`/v1/factors/${who.factorId}`), 204)
    const begun = must(await one.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }), 201)
    const answer = ground.server.authenticator.scan(begun.json.show.uri).code()
    must(await one.post("/v1/factors/confirm", { kind: "totp", answer }), 200)
    expect(await passwordWith(who, device(two))).toBe("second_factor")
    expect(await passwordWith(who, device(one))).toBe("second_factor")
  })
})

describe("a fresh proof", () => {
  test("passes for ten minutes and then no more, whatever it was good for before (F4)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    advance(600)
    await stepUp(browser, who)
    advance(599)
    must(await browser.post("/v1/mfa-tokens", { action: "pay" }), 201)
    must(await browser.post("/v1/recovery-codes"), 201)
    advance(1)
    expect(codeOf(await browser.post("/v1/mfa-tokens", { action: "pay" }))).toBe("session_reverification_required")
    expect(codeOf(await browser.post("/v1/recovery-codes"))).toBe("session_reverification_required")
    const session = await browser.get<{ session: { factorAges: number[]; aal: string } }>("/v1/session")
    expect(session.json.session).toMatchObject({ aal: "aal2", factorAges: [20, 10] })
  })

  test("is what the server asks for, and not what a request says (F5)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    advance(600)
    must(await browser.post("/v1/step-up", { level: "first_factor" }), 201)
    must(await browser.post("/v1/challenge/answer", { kind: "password", answer: who.password }), 200)
    const refused = await browser.post<Json>("/v1/recovery-codes")
    expect(refused.json).toMatchObject({
      code: "session_reverification_required",
      level: "second_factor",
      maxAgeSeconds: 600,
    })
    expect((await browser.post("/v1/step-up", { level: "none" })).status).toBe(422)
    expect((await browser.post("/v1/step-up", {})).status).toBe(422)
    for (const more of [{ maxAgeSeconds: 99_999 }, { acr: "urn:countersign:aal1" }, { now: 0 }, { time: 0 }])
      expect((await browser.post("/v1/step-up", { level: "second_factor", ...more })).status).toBe(422)
    // The lower level in the request of a token is not heard where the action demands more.
    expect(codeOf(await browser.post("/v1/mfa-tokens", { action: "close" }))).toBe("session_reverification_required")
    expect(
      (await browser.post("/v1/mfa-tokens", { action: "close", proof: { kind: "password", answer: who.password } }))
        .status,
    ).toBe(422)
  })

  test("belongs to the session that gave it: not to another of the same user, nor to its own old token (F4, C14)", async () => {
    const who = await ground.person()
    const [browser, other] = [await ground.signedIn(who), await ground.signedIn(who)]
    advance(600)
    const stolen = ground.client({ bearer: browser.cookies.get("countersign") ?? "" })
    await stepUp(browser, who)
    must(await browser.post("/v1/recovery-codes"), 201)
    expect(codeOf(await other.post("/v1/recovery-codes"))).toBe("session_reverification_required")
    // The old token lives on for requests that are under way. What the step-up has earned is not theirs.
    expect(codeOf(await stolen.post("/v1/recovery-codes"))).toBe("session_reverification_required")
    expect(codeOf(await stolen.post("/v1/mfa-tokens", { action: "pay" }))).toBe("session_reverification_required")
    expect(codeOf(await stolen.post("/v1/factors", { kind: "totp" }))).toBe("session_reverification_required")
    advance(31)
    expect((await stolen.get("/v1/me")).status).toBe(401)
  })

  test("is asked by a challenge that signs nobody in, and one to sign in makes nothing fresh (C10)", async () => {
    const who = await ground.person()
    const [browser, fresh] = [await ground.signedIn(who), ground.client()]
    advance(600)
    must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
    const stepping = browser.cookies.get("countersign-challenge") ?? ""
    // In a browser without the session, on the page that finishes a sign-in: it has ended there.
    fresh.cookies.set("countersign-challenge", stepping)
    const page = await submitOn(fresh, "/account/second-step", "/account/second-step", {
      kind: "totp",
      code: who.app.code(),
    })
    expect(page.status).toBe(410)
    expect(fresh.cookies.has("countersign")).toBe(false)
    // A sign-in's challenge beside a session that wants to be fresh.
    const half = await ground.half(who)
    browser.cookies.set("countersign-challenge", half.cookies.get("countersign-challenge") ?? "")
    const stepped = await submitOn(browser, "/account/password", "/account/step-up", {
      kind: "totp",
      code: who.app.code(),
      goal: "POST /recovery-codes/new",
    })
    expect(stepped.status).toBe(410)
    expect(codeOf(await browser.post("/v1/recovery-codes"))).toBe("session_reverification_required")
    // Ended with its session.
    const again = await ground.signedIn(who)
    must(await again.post("/v1/step-up", { level: "second_factor" }), 201)
    const open = again.cookies.get("countersign-challenge") ?? ""
    must(await again.delete("/v1/session"), 204)
    const holder = ground.client({ bearer: open })
    expect((await holder.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })).status).toBe(410)
  })

  test("with another's challenge proves nothing for oneself (C10)", async () => {
    const [ann, bob] = [await ground.person(), await ground.person()]
    const [anns, bobs] = [await ground.signedIn(ann), await ground.signedIn(bob)]
    advance(600)
    must(await anns.post("/v1/step-up", { level: "second_factor" }), 201)
    const bobsCookie = bobs.cookies.get("countersign") ?? ""
    bobs.cookies.set("countersign-challenge", anns.cookies.get("countersign-challenge") ?? "")
    // Bob's own code is none of Ann's; Ann's code, were he to have it, makes Ann's session fresh and not his.
    expect((await bobs.post("/v1/challenge/answer", { kind: "totp", answer: bob.app.code() })).status).toBe(400)
    await bobs.post("/v1/challenge/answer", { kind: "totp", answer: ann.app.code() })
    const asBob = ground.client({ bearer: bobsCookie })
    expect(codeOf(await asBob.post("/v1/recovery-codes"))).toBe("session_reverification_required")
  })
})

describe("a token for an action", () => {
  const mint = async (client: TestClient, body: Json): Promise<string> =>
    String(must(await client.post<Json>("/v1/mfa-tokens", body), 201).json["token"])
  const spend = async (body: Json, by = ground.service): Promise<unknown> => {
    const spent = await by.post("/v1/mfa-tokens/spend", body)
    return spent.status === 200 ? "good" : codeOf(spent)
  }
  const bad = "mfa_token_invalid"

  test("passes once, for its own action, user and time, and while its session lives (F4)", async () => {
    const [who, other] = [await ground.person(), await ground.person()]
    const browser = await ground.signedIn(who)
    const pay = await mint(browser, { action: "pay" })
    for (const body of [
      { action: "close" },
      { action: "browse" },
      {},
      { action: "PAY" },
      { action: "pay", userId: other.id },
    ])
      expect([body, await spend({ token: pay, ...body })]).toEqual([body, bad])
    for (const token of [`${pay}A`, pay.slice(0, -1), pay.toLowerCase(), `csm_${"A".repeat(43)}`])
      expect(await spend({ token, action: "pay" })).toBe(bad)
    const outcomes = await atOnce(30, () => spend({ token: pay, action: "pay", userId: who.id }))
    expect(outcomes.filter((outcome) => outcome === "good")).toHaveLength(1)
    expect(await spend({ token: pay, action: "pay" })).toBe(bad)

    const late = await mint(browser, { action: "pay" })
    advance(60)
    expect(await spend({ token: late, action: "pay" })).toBe(bad)
    const many = await mint(browser, { action: "browse" })
    expect([await spend({ token: many, action: "browse" }), await spend({ token: many, action: "browse" })]).toEqual([
      "good",
      "good",
    ])
    // Not even by asking for several uses of what is for one.
    const single = await mint(browser, { action: "pay", singleUse: false })
    expect([await spend({ token: single, action: "pay" }), await spend({ token: single, action: "pay" })]).toEqual([
      "good",
      bad,
    ])
    const dead = await mint(browser, { action: "browse" })
    must(await browser.delete("/v1/session"), 204)
    expect(await spend({ token: dead, action: "browse" })).toBe(bad)
  })

  test("dies with a change of the account, and is spent by a service with that scope alone (F4)", async () => {
    const who = await ground.person()
    const [browser, other] = [await ground.signedIn(who), await ground.signedIn(who)]
    const token = await mint(other, { action: "browse" })
    const narrow = ground.client({
      bearer: await ground.server.createServiceKey(["users:read", "factors:write", "challenges:write"]),
    })
    expect(await spend({ token, action: "browse" }, narrow)).toBe("insufficient_scope")
    expect(await spend({ token, action: "browse" }, browser)).toBe("forbidden")
    expect(await spend({ token, action: "browse" }, ground.client())).toBe("unauthenticated")
    expect(await spend({ token, action: "browse" })).toBe("good")
    must(await browser.post("/v1/me/password", { password: "another pass phrase of mine" }), 204)
    expect(await spend({ token, action: "browse" })).toBe(bad)
    const own = await mint(browser, { action: "browse" })
    must(await ground.service.patch(`/v1/users/${who.id}`, { disabled: true }), 200)
    expect(await spend({ token: own, action: "browse" })).toBe(bad)
  })

  test("is not given for a proof of somebody else's, or to somebody without a factor (F4)", async () => {
    const [who, other] = [await ground.person(), await ground.person()]
    const browser = await ground.signedIn(who)
    advance(600)
    const proving = (answer: string, kind = "totp") =>
      browser.post("/v1/mfa-tokens", { action: "pay", proof: { kind, answer } })
    expect((await proving(other.app.code())).status).toBe(400)
    expect((await proving(other.codes[0] ?? "", "recovery-code")).status).toBe(400)
    expect([410, 422]).toContain((await proving("000000", "email-code")).status)
    expect((await proving(who.app.code())).status).toBe(201)
    const plain = await ground.signedIn(await ground.plain())
    expect(codeOf(await plain.post("/v1/mfa-tokens", { action: "pay" }))).toBe("enrolment_required")
  })
})

test("a client that is told another answer than the server gave is refused all the same (F9)", async () => {
  const who = await ground.person()
  const half = await ground.half(who)
  // As if a proxy had turned the answer into `complete`: the page goes on, and its next calls come to nothing.
  for (const path of [
    "/v1/me",
    "/v1/factors",
    "/v1/sessions",
    "/v1/activity",
    "/v1/api-keys",
    "/v1/recovery-codes",
    "/v1/remembered-devices",
  ])
    expect((await half.get(path)).status).toBe(401)
  const session = await half.get<Json>("/v1/session")
  expect(session.json).toMatchObject({ session: null, user: null })
  for (const more of [{ verified: true }, { status: "complete" }, { aal: "aal2" }, { session: {} }]) {
    expect((await half.post("/v1/challenge/answer", { kind: "totp", answer: "000000", ...more })).status).toBe(422)
    expect((await half.post("/v1/sign-in", { ...credentials(who), ...more })).status).toBe(422)
  }
  expect(await ground.whoIs(half)).toBeUndefined()
})
