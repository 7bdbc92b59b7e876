import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { startTestServer, type TestServer, type TestUser } from "../../testing/testing.ts"
import { formBrowser, type FormBrowser, headingOf, unescaped } from "./browser-for-tests.ts"
import { accountPages } from "./pages.ts"

let server: TestServer
let browser: FormBrowser

const tenMinutes = 10 * 60

const start = async (options: Parameters<typeof startTestServer>[0] = {}): Promise<void> => {
  await server?.close()
  server = await startTestServer({ allowedOrigins: ["https://books.example.com"], ...options })
  browser = formBrowser(server)
}

beforeEach(async () => start())
afterEach(async () => {
  const { reports } = server
  await server.close()
  if (reports.length > 0) throw new Error(`the server reported: ${reports.join("; ")}`)
})

const typePassword = async (who: Pick<TestUser, "email" | "password">, from: FormBrowser = browser): Promise<void> => {
  await from.open("/sign-in")
  await from.send("/sign-in", { email: who.email, password: who.password })
}

const signIn = async (who: TestUser, from: FormBrowser = browser): Promise<void> => {
  await typePassword(who, from)
  if (headingOf(from.page()) === "Security") return
  server.clock.advance(30)
  await from.send("/second-step", { code: who.app.code() })
}

/** An app begun and confirmed on the pages; ends where the codes are shown. */
const addApp = async (from: FormBrowser = browser): Promise<string[]> => {
  await from.open("")
  await from.send("/factors")
  const uri = unescaped(/href="(otpauth:[^"]*)"/.exec(from.page().text)?.[1])
  await from.send("/factors/app", { name: "Phone", code: server.authenticator.scan(uri).code() })
  return codesOn(from)
}

const codesOn = ({ page }: FormBrowser): string[] =>
  [...page().text.matchAll(/<li>\s*([2-9A-Z]{5}-[2-9A-Z]{5})\s*<\/li>/g)].map(([, code = ""]) => code)

describe("forms that are not ours", () => {
  const posts = (): string[] =>
    accountPages(server.engine, { now: server.clock.now })
      .filter(({ method }) => method === "POST")
      .map(({ path }) => path.replace(":id", "x"))

  test("without its token no form of any page does anything, signed in or not", async () => {
    const user = await server.createUser({})
    for (const before of [async () => undefined, async () => signIn(user)]) {
      await before()
      for (const path of posts()) {
        const answer = await browser.client.submit(`/account${path}`, { email: user.email, code: "123456" })
        expect([path, answer.status]).toEqual([path, 403])
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    }
    expect((await browser.open("")).status).toBe(200)
  })

  test("a token from another browser, or from before the sign-in, does nothing", async () => {
    const user = await server.createUser({})
    const stranger = formBrowser(server)
    await stranger.open("/sign-in")
    const stolen = /name="form" value="([^"]+)"/.exec(stranger.page().text)?.[1] ?? ""
    await browser.open("/sign-in")
    const early = /name="form" value="([^"]+)"/.exec(browser.page().text)?.[1] ?? ""
    await signIn(user)
    for (const form of [stolen, early])
      expect((await browser.client.submit("/account/sign-out", { form })).status).toBe(403)
    expect(headingOf(await browser.open(""))).toBe("Security")
  })

  test("a foreign origin is refused before anything is read", async () => {
    const user = await server.createUser({})
    await signIn(user)
    const form = /name="form" value="([^"]+)"/.exec(browser.page().text)?.[1] ?? ""
    for (const origin of ["https://evil.example", "null", "http://localhost:1"]) {
      const foreign = server.client({ origin })
      for (const [name, value] of browser.client.cookies) foreign.cookies.set(name, value)
      expect((await foreign.submit("/account/sign-out", { form })).status).toBe(403)
    }
    expect(headingOf(await browser.open(""))).toBe("Security")
  })

  test("what changes something is never reached with GET", async () => {
    await signIn(await server.createUser({}))
    for (const path of ["/sign-out", "/sessions/end-others", "/recovery-codes/saved", "/factors/x/rename"])
      expect([404, 405]).toContain((await browser.client.get(`/account${path}`)).status)
    expect(headingOf(await browser.open(""))).toBe("Security")
  })
})

describe("between password and code", () => {
  test("no page opens but the one that asks for the code, whatever cookies are kept", async () => {
    const user = await server.createUser({ totp: true })
    await browser.open("/sign-in")
    await browser.send("/sign-in", { email: user.email, password: user.password })
    expect(headingOf(browser.page())).toBe("Enter your code")
    expect([...browser.client.cookies.keys()].toSorted()).toEqual(["countersign-challenge", "countersign-form"])
    for (const path of ["", "/activity", "/password", "/recovery-codes", "/factors/app", "/profile"])
      expect([path, headingOf(await browser.open(path))]).toEqual([path, "Sign in"])
    for (const path of ["/step-up", "/enrol", "/enrol/app"])
      expect((await browser.client.get(`/account${path}`)).text).not.toContain("Security")
  })

  test("the answer to the right password says nothing of the account but what the page needs", async () => {
    const user = await server.createUser({ totp: true })
    await browser.open("/sign-in")
    await browser.send("/sign-in", { email: user.email, password: user.password })
    expect(browser.page().text).not.toContain(user.id)
    expect(browser.page().text).not.toContain(user.password)
  })

  test("an unknown address and a wrong password are answered alike", async () => {
    const user = await server.createUser({})
    const answers = []
    for (const email of [user.email, "nobody@example.com"]) {
      const fresh = formBrowser(server)
      await fresh.open("/sign-in")
      const { status, text } = await fresh.post("/sign-in", { email, password: "a wrong pass phrase" })
      answers.push({ status, text: text.replaceAll(email, "").replaceAll(/value="[\w-]{43}"/g, "") })
    }
    expect(answers[0]).toEqual(answers[1])
  })

  test("a taken address and a new one are answered alike, at sign-up and when a password is forgotten", async () => {
    const user = await server.createUser({})
    for (const [path, fields] of [
      ["/sign-up", { password: "a long enough pass phrase" }],
      ["/forgot", {}],
    ] as const) {
      const answers = []
      for (const email of [user.email, `new-${path.length}@example.com`]) {
        const fresh = formBrowser(server)
        await fresh.open(path)
        const { status, headers, text } = await fresh.post(path, { email, ...fields })
        answers.push({ status, location: headers.get("location"), text })
      }
      expect(answers[0]).toEqual(answers[1])
    }
  })

  test("the reset of a password signs nobody in and leaves the second step as it is", async () => {
    const user = await server.createUser({ totp: true })
    await browser.open("/forgot")
    await browser.send("/forgot", { email: user.email })
    const link = new URL((await server.mails.latestTo(user.email)).links[0] ?? "")
    await browser.open(`${link.pathname.replace("/account", "")}${link.search}`)
    const answer = await browser.post("/reset-password", { password: "another long pass phrase" })
    expect(answer.status).toBe(303)
    expect(browser.client.cookies.has("countersign")).toBe(false)
    await typePassword({ email: user.email, password: "another long pass phrase" })
    expect(headingOf(browser.page())).toBe("Enter your code")
  })

  test("a mailed link is not spent by being opened, however often", async () => {
    await browser.open("/sign-up")
    await browser.send("/sign-up", { email: "mara@example.com", password: "a long enough pass phrase" })
    const link = (await server.mails.latestTo("mara@example.com")).links[0] ?? ""
    for (const method of ["GET", "HEAD", "GET"])
      expect((await server.fetch(new Request(link, { method }))).status).toBe(200)
    const path = link.slice(link.indexOf("/account") + "/account".length)
    await browser.open(path)
    await browser.send("/confirm-address")
    expect(browser.page().text).toContain("Your address is confirmed.")
    await browser.open(path)
    expect((await browser.post("/confirm-address")).status).toBe(410)
  })

  test("tries from one address are limited, with the time to wait, in words", async () => {
    await start({ addressLimits: true, addressSignIns: 3 })
    const user = await server.createUser({})
    await browser.open("/sign-in")
    for (let tries = 0; tries < 3; tries++)
      expect(
        (await browser.post("/sign-in", { email: `nobody${tries}@example.com`, password: "a wrong pass phrase" }))
          .status,
      ).toBe(422)
    const answer = await browser.post("/sign-in", { email: user.email, password: user.password })
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0)
    expect(answer.text).toContain("There were too many tries from your network.")
  })
})

describe("recovery codes on the pages", () => {
  test("are shown to the session that made them until they are saved, and to no other", async () => {
    const user = await server.createUser({})
    await signIn(user)
    const codes = await addApp()
    expect(codes).toHaveLength(10)

    const elsewhere = formBrowser(server)
    await elsewhere.open("/sign-in")
    await elsewhere.send("/sign-in", { email: user.email, password: user.password })
    await elsewhere.send("/second-step", { code: codes[0] ?? "", kind: "recovery-code" })
    expect(headingOf(elsewhere.page())).toBe("Security")
    expect(headingOf(await elsewhere.open("/recovery-codes"))).toBe("The codes can’t be shown again")
    expect((await elsewhere.client.get("/account/recovery-codes/file")).status).toBe(404)

    const file = await browser.client.get("/account/recovery-codes/file")
    expect(file.headers.get("content-disposition")).toBe(
      'attachment; filename="countersign-recovery-codes-2030-01-01.txt"',
    )
    expect(file.headers.get("cache-control")).toBe("no-store")
    await browser.open("/recovery-codes")
    await browser.send("/recovery-codes/saved", { saved: "yes" })
    for (const path of ["/recovery-codes", "/recovery-codes/file"])
      for (const code of codes) expect((await browser.open(path)).text).not.toContain(code)
  })

  test("are not called saved before the box is ticked", async () => {
    await signIn(await server.createUser({}))
    const codes = await addApp()
    expect((await browser.post("/recovery-codes/saved")).status).toBe(422)
    await browser.open("/recovery-codes")
    expect(codesOn(browser)).toEqual(codes)
  })

  test("of one user open nothing for another", async () => {
    const first = await server.createUser({})
    await signIn(first)
    const [code = ""] = await addApp()
    const second = await server.createUser({ totp: true })
    const other = formBrowser(server)
    await other.open("/sign-in")
    await other.send("/sign-in", { email: second.email, password: second.password })
    expect((await other.post("/second-step", { code, kind: "recovery-code" })).status).toBe(422)
  })
})

describe("a proof that is asked for again", () => {
  let user: TestUser
  let factor: string

  beforeEach(async () => {
    user = await server.createUser({ totp: true })
    await signIn(user)
    factor = /\/account\/factors\/([\w-]+)"/.exec(browser.page().text)?.[1] ?? ""
    server.clock.advance(tenMinutes + 1)
  })

  test("stands before each change of what protects the account, and nothing is changed without it", async () => {
    const changes: [string, string, Record<string, string>][] = [
      [`/factors/${factor}`, `/factors/${factor}/rename`, { name: "Renamed" }],
      [`/factors/${factor}/remove`, `/factors/${factor}/remove`, {}],
      ["/recovery-codes/new", "/recovery-codes/new", {}],
      ["", "/factors", {}],
      ["/password", "/password", { current: user.password, password: "another long pass phrase" }],
      ["/address", "/address", { email: "elsewhere@example.com" }],
    ]
    const before = await server.engine.users.find({ id: user.id })
    for (const [page, action, fields] of changes) {
      await browser.open(page)
      await browser.send(action, fields)
      expect([action, headingOf(browser.page())]).toEqual([action, "Is it you?"])
    }
    expect(await server.engine.users.find({ id: user.id })).toEqual(before)
  })

  test("keeps what was typed, and goes on with it once", async () => {
    await browser.open(`/factors/${factor}`)
    const typed = `O'Brien's "old" <phone> & more`
    await browser.send(`/factors/${factor}/rename`, { name: typed })
    expect((await browser.post("/step-up", { code: "000000" })).status).toBe(422)
    await browser.send("/step-up", { code: user.app.code() })
    expect(headingOf(browser.page())).toBe("Security")
    expect(unescaped(browser.page().text)).toContain(typed)
    expect(browser.page().text).not.toContain("<phone>")
  })

  test("goes on to pages of one who is signed in and to nothing else", async () => {
    for (const goal of [
      "POST /sign-out",
      "POST /sign-in",
      "GET //evil.example",
      "GET /../../evil",
      "DELETE /x",
      "POST /no/such",
      "",
      "POST",
    ]) {
      await browser.open(`/factors/${factor}`)
      server.clock.advance(tenMinutes + 1)
      await browser.send(`/factors/${factor}/rename`, { name: "x" })
      const answer = await browser.post("/step-up", { code: user.app.code(), goal })
      expect(answer.status).toBe(303)
      expect(answer.headers.get("location")).toMatch(/^\/account(\/|$)/)
      expect(headingOf(await browser.open(""))).toBe("Security")
    }
  })

  test("can't be given with another account's challenge", async () => {
    const other = await server.createUser({ totp: true })
    const otherBrowser = formBrowser(server)
    await signIn(other, otherBrowser)
    server.clock.advance(tenMinutes + 1)
    await otherBrowser.open("/recovery-codes/new")
    await otherBrowser.send("/recovery-codes/new")
    await browser.open("/recovery-codes/new")
    await browser.send("/recovery-codes/new")
    browser.client.cookies.set("countersign-challenge", otherBrowser.client.cookies.get("countersign-challenge") ?? "")
    expect((await browser.post("/step-up", { code: other.app.code() })).status).toBe(410)
    expect((await browser.open("")).text).toContain(user.email)
  })

  test("is not given by a browser that is not asked for codes", async () => {
    const fresh = formBrowser(server)
    await fresh.open("/sign-in")
    await fresh.send("/sign-in", { email: user.email, password: user.password })
    server.clock.advance(30)
    await fresh.send("/second-step", { code: user.app.code(), remember: "yes" })
    await fresh.send("/sign-out")
    await typePassword(user, fresh)
    expect(headingOf(fresh.page())).toBe("Security")
    await fresh.open("/recovery-codes/new")
    await fresh.send("/recovery-codes/new")
    expect(headingOf(fresh.page())).toBe("Is it you?")
  })
})

describe("what belongs to others", () => {
  test("another user's factors, sessions and browsers are not there", async () => {
    const owner = await server.createUser({ totp: true })
    const ownerBrowser = formBrowser(server)
    await signIn(owner, ownerBrowser)
    const factor = /\/account\/factors\/([\w-]+)"/.exec(ownerBrowser.page().text)?.[1] ?? ""
    const session = (await server.engine.sessions.list(await acting(owner))).at(0)?.id ?? ""

    await signIn(await server.createUser({}))
    expect((await browser.client.get(`/account/factors/${factor}`)).status).toBe(404)
    expect((await browser.client.get(`/account/factors/${factor}/remove`)).status).toBe(404)
    const form = /name="form" value="([^"]+)"/.exec(browser.page().text)?.[1] ?? ""
    await browser.client.submit(`/account/factors/${factor}/remove`, { form })
    await browser.client.submit(`/account/factors/${factor}/rename`, { form, name: "Mine" })
    await browser.client.submit(`/account/sessions/${session}/end`, { form })
    expect(headingOf(await ownerBrowser.open(""))).toBe("Security")
    expect(ownerBrowser.page().text).toContain(`/account/factors/${factor}"`)
    expect(ownerBrowser.page().text).not.toContain("Mine")
  })

  const acting = async (who: TestUser) =>
    ({ actor: { type: "operator", name: "test" }, userId: who.id, source: { door: "cli" } }) as const

  test("a changed password ends the other sessions and keeps this one", async () => {
    const user = await server.createUser({})
    const other = formBrowser(server)
    await signIn(user, other)
    await signIn(user)
    await browser.open("/password")
    await browser.send("/password", { current: user.password, password: "another long pass phrase" })
    expect(headingOf(browser.page())).toBe("Security")
    server.clock.advance(60)
    expect(headingOf(await browser.open(""))).toBe("Security")
    expect(headingOf(await other.open(""))).toBe("Sign in")
  })
})

describe("every answer", () => {
  test("is a page with a policy that lets in nothing from elsewhere, and is stored nowhere", async () => {
    const user = await server.createUser({ totp: true })
    const paths = [
      "/sign-in",
      "/sign-up",
      "/forgot",
      "/reset-password?token=x",
      "/confirm-address?token=x",
      "/second-step",
      "/no-such",
    ]
    const seen = []
    for (const path of paths) seen.push(await browser.client.get(`/account${path}`))
    await signIn(user)
    for (const path of ["", "/activity", "/profile", "/password", "/address", "/factors/app", "/recovery-codes/new"])
      seen.push(await browser.client.get(`/account${path}`))
    for (const { headers, text } of seen) {
      const policy = headers.get("content-security-policy") ?? ""
      expect(policy).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self' ",
      )
      expect(policy).toContain("https://books.example.com")
      expect(policy).toContain("frame-ancestors 'none'; base-uri 'none'")
      expect(headers.get("cache-control")).toBe("no-store")
      expect(headers.get("content-type")).toBe("text/html; charset=utf-8")
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|javascript:/i)
    }
  })

  test("gives back what was sent as text and never as markup", async () => {
    const markup = `"><img src=x onerror=alert(1)>'`
    const query = encodeURIComponent(markup)
    for (const path of [
      `/sign-in?return_to=${query}`,
      `/confirm-address?token=${query}`,
      `/reset-password?token=${query}`,
      `/sign-in?done=${query}`,
      `/check-mail?for=${query}`,
      `/${query}`,
    ])
      expect((await browser.client.get(`/account${path}`)).text).not.toContain("<img")
    await browser.open("/sign-in")
    const answer = await browser.post("/sign-in", { email: markup, password: markup })
    expect(answer.text).not.toContain("<img")
    expect(answer.text).not.toContain(`value="${markup}`)
  })

  test("to junk of any kind is a refusal and not a fault", async () => {
    const user = await server.createUser({})
    const junk = ["", " ", "\u0000", "\ud800", "x".repeat(9_000), "👩‍👩‍👧", "{}", "-1", "%", "\u202e123456"]
    for (const before of [async () => browser.open("/sign-in"), async () => signIn(user)]) {
      await before()
      const form = /name="form" value="([^"]+)"/.exec(browser.page().text)?.[1] ?? ""
      for (const { method, path } of accountPages(server.engine, { now: server.clock.now })) {
        if (method !== "POST" || path === "/sign-out") continue
        for (const value of junk) {
          const names = [
            "email",
            "password",
            "current",
            "code",
            "kind",
            "name",
            "token",
            "return_to",
            "here",
            "language",
            "locale",
            "firstName",
            "goal",
            "goal.name",
            "saved",
            "stay",
            "reason",
          ]
          const fields = Object.fromEntries(names.map((name) => [name, value.toWellFormed()]))
          const { status } = await browser.client.submit(`/account${path.replace(":id", "x")}`, { ...fields, form })
          expect([path, value.slice(0, 10), status < 500]).toEqual([path, value.slice(0, 10), true])
        }
      }
    }
  }, 60_000)

  test("stands below the public URL's own path", async () => {
    await start({ publicUrl: "http://localhost:4000/auth" })
    for (const path of ["/auth/account/sign-in", "/account/sign-in"]) {
      const { status, text } = await browser.client.get(`http://localhost:4000${path}`)
      expect(status).toBe(200)
      expect(text).toContain('action="/auth/account/sign-in"')
      expect(text).toMatch(/href="\/auth\/account\/assets\/account\.[\w-]+\.css"/)
    }
    expect((await browser.client.get("http://localhost:4000/")).headers.get("location")).toBe("/auth/account")
  })
})

describe("the language", () => {
  test("is the account's, then this browser's choice, then what the browser asks for", async () => {
    const lang = async (headers: Record<string, string> = {}): Promise<string | undefined> =>
      /<html[^>]*lang="(\w+)"/.exec((await browser.client.get("/account/sign-in", headers)).text)?.[1]
    expect(await lang()).toBe("en")
    expect(await lang({ "accept-language": "de-CH, en;q=0.5" })).toBe("de")
    await browser.open("/sign-in")
    await browser.send("/language", { language: "de", here: "/account/sign-in" })
    expect(await lang({ "accept-language": "en" })).toBe("de")
    browser.client.cookies.set("countersign-language", "<script>")
    expect(await lang({ "accept-language": "en" })).toBe("en")
  })
})
