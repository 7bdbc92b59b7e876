import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { formTokenIn, leadsTo, submitOn } from "./account-pages.ts"
import { credentials, type Ground, type Json, must, startGround } from "./ground.ts"

const app = "https://app.example.com"
let ground: Ground
beforeAll(async () => {
  ground = await startGround({ allowedOrigins: [app] })
})
afterAll(() => ground.close())

/** Addresses that a careless reader takes for ours, or for the app's. */
const tricks = [
  "https://evil.example",
  "//evil.example",
  "///evil.example",
  "////evil.example",
  String.raw`/\evil.example`,
  String.raw`\\evil.example`,
  String.raw`\/\/evil.example`,
  String.raw`https:\\evil.example`,
  "/\t/evil.example",
  "/\n/evil.example",
  "\t//evil.example",
  " //evil.example",
  "\u0000//evil.example",
  "https:evil.example",
  "https:/evil.example",
  "https:///evil.example",
  "http:evil.example",
  "HTTPS://EVIL.EXAMPLE",
  `${app}@evil.example`,
  `${app}:pass@evil.example/`,
  `https://user:pass@app.example.com/`,
  `https://user@app.example.com/`,
  `${app}.evil.example/`,
  `${app}%2eevil.example/`,
  `https://evil.example/${app}`,
  `https://evil.example?${app}`,
  `https://evil.example#${app}`,
  String.raw`https://evil.example\@app.example.com`,
  `https://evil.example\u3002app.example.com`,
  `https://app.example.com\uff0eevil.example`,
  "https://app.example.com:8443/",
  "http://app.example.com/",
  "https://sub.app.example.com/",
  "https://\u0430pp.example.com/",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "blob:https://app.example.com/x",
  "file:///etc/passwd",
  "ftp://app.example.com/",
  "https://[::1]/",
  "http://localhost:3000@evil.example",
  "http://localhost:3000.evil.example",
  "%2f%2fevil.example",
  "..//evil.example",
  `/${"a".repeat(5000)}`,
]

/** Where a browser that stands on our page would go. */
const lands = (to: string): string => {
  try {
    return new URL(to, `${ground.server.url}/account/sign-in`).origin
  } catch {
    return "nowhere"
  }
}
const own = (): string => new URL(ground.server.url).origin
const isSafe = (to: string): boolean => [own(), app].includes(lands(to))

describe("after signing in", () => {
  test("nobody is sent to another place than ours or the app's, whatever a link to the sign-in says (C13, F5)", async () => {
    const plain = await ground.plain()
    const person = await ground.person()
    for (const trick of tricks) {
      const query = new URLSearchParams({ return_to: trick }).toString()
      // Without a second factor, by the form's own field and by the address.
      for (const fields of [{ ...credentials(plain), return_to: trick }, credentials(plain)]) {
        const browser = ground.client()
        const answer = await submitOn(browser, `/account/sign-in?${query}`, `/account/sign-in?${query}`, fields)
        expect([trick, answer.status === 303 ? isSafe(leadsTo(answer)) : answer.status >= 400]).toEqual([trick, true])
        // Somebody who is signed in already is passed on by the page itself.
        const passed = await browser.get(`/account/sign-in?${query}`)
        if (passed.status === 303) expect([trick, isSafe(leadsTo(passed))]).toEqual([trick, true])
      }
      // With one: the challenge carries it, and the native API tells it to a page that goes there by itself.
      const browser = ground.client()
      const first = await browser.post<{ challenge?: { returnTo: string | null } }>("/v1/sign-in", {
        ...credentials(person),
        returnTo: trick,
      })
      const told = first.json.challenge?.returnTo
      if (typeof told === "string") expect([trick, isSafe(told)]).toEqual([trick, true])
      else expect([200, 422]).toContain(first.status)
      const settled = await submitOn(browser, "/account/second-step", "/account/second-step", {
        kind: "totp",
        code: person.app.code(),
      })
      if (settled.status === 303) expect([trick, isSafe(leadsTo(settled))]).toEqual([trick, true])
      ground.server.clock.advance(30)
    }
    const good = await submitOn(ground.client(), "/account/sign-in", "/account/sign-in", {
      ...credentials(plain),
      return_to: `${app}/cart?x=1#y`,
    })
    expect(leadsTo(good)).toBe(`${app}/cart?x=1#y`)
  })

  test("nor is anybody who changes the language, saves codes, or goes on after a fresh proof (C13)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    must(await browser.get("/account"), 200)
    const form = async () => formTokenIn((await browser.get("/account/password")).text)
    ground.server.clock.advance(600)
    for (const trick of tricks) {
      const answers = [
        await browser.submit("/account/language", { form: await form(), language: "de", here: trick }),
        await browser.submit("/account/language", { form: await form(), language: "en", here: `/account${trick}` }),
        await browser.submit("/account/recovery-codes/saved", { form: await form(), saved: "yes", return_to: trick }),
      ]
      for (const answer of answers)
        if (answer.status === 303) expect([trick, lands(leadsTo(answer))]).toEqual([trick, own()])
    }
    // A step-up's form says where it goes on to: only pages of one's own, and never another site.
    for (const goal of [
      "GET //evil.example",
      "GET https://evil.example",
      String.raw`GET /\evil.example`,
      "GET @evil.example",
      "GET /../..//evil.example",
      "POST https://evil.example",
      "DELETE /",
      "",
      "GET",
      "POST /sign-in",
      "POST /step-up",
    ]) {
      must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
      const answer = await browser.submit("/account/step-up", {
        form: await form(),
        kind: "totp",
        code: who.app.code(),
        goal,
      })
      expect([goal, answer.status < 500, answer.status === 303 ? lands(leadsTo(answer)) : own()]).toEqual([
        goal,
        true,
        own(),
      ])
      ground.server.clock.advance(30)
    }
  })
})

describe("a mailed link", () => {
  const linksTo = async (email: string): Promise<string[]> =>
    (await ground.server.mails.to(email)).flatMap(({ links, text }) => [
      ...links,
      ...(text.match(/https?:\/\/\S+/g) ?? []),
    ])

  test("stands on our address or an app's, whatever page a request names (CS-FP, C10)", async () => {
    const client = ground.client({ origin: null })
    for (const trick of tricks) {
      const who = await ground.plain()
      const asked = await client.post("/api/accounts/forgotpassword", { email: who.email, clientURI: trick })
      expect([trick, [200, 400].includes(asked.status)]).toEqual([trick, true])
      await client.post("/api/accounts/login", { email: who.email, password: "not it", clientURI: trick })
      const fresh = `new.${who.email}`
      const body = {
        email: fresh,
        password: "A-Long-Pass-Phrase-7",
        confirmPassword: "A-Long-Pass-Phrase-7",
        clientURI: trick,
      }
      await client.post("/api/accounts/registration", body)
      for (const link of [...(await linksTo(who.email)), ...(await linksTo(fresh))])
        expect([trick, link, isSafe(link)]).toEqual([trick, link, true])
    }
    // Also where an app's own page was asked for: the token goes nowhere else.
    const who = await ground.plain()
    must(await client.post("/api/accounts/forgotpassword", { email: who.email, clientURI: `${app}/reset?a=b#c` }), 200)
    const [link = ""] = await linksTo(who.email)
    expect(link.startsWith(`${app}/reset?a=b&token=`)).toBe(true)
  })

  test("is not built from what a request says of the host (CS-FP)", async () => {
    const who = await ground.plain()
    const junk = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      forwarded: "host=evil.example",
      "x-original-url": "https://evil.example/",
      "x-rewrite-url": "/evil",
    }
    const request = new Request("http://evil.example/v1/password/forgot", {
      method: "POST",
      headers: { "content-type": "application/json", ...junk },
      body: JSON.stringify({ email: who.email }),
    })
    await ground.server.fetch(request, { address: "192.0.2.1" })
    must(await ground.client().post("/v1/password/forgot", { email: who.email }, junk), 202)
    must(await ground.client().post<Json>("/identity/forgotPassword", { email: who.email }, junk), 200)
    const links = await linksTo(who.email)
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) expect(lands(link)).toBe(own())
    for (const { text, html } of await ground.server.mails.to(who.email))
      expect(text + html).not.toContain("evil.example")
    const shown = await ground.server.fetch(new Request("http://evil.example/account/sign-in", { headers: junk }), {
      address: "192.0.2.1",
    })
    expect(await shown.text()).not.toContain("evil.example")
  })
})
