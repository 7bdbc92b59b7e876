import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { createPasskeyAuthenticator } from "../../testing/passkey-authenticator.ts"
import { startTestServer, type TestServer, type TestUser } from "../../testing/testing.ts"
import { formBrowser, type FormBrowser, headingOf, unescaped } from "./browser-for-tests.ts"

let server: TestServer
let browser: FormBrowser
let user: TestUser
let device: ReturnType<typeof createPasskeyAuthenticator>

const start = async (options: Parameters<typeof startTestServer>[0] = {}): Promise<void> => {
  await server?.close()
  server = await startTestServer(options)
  browser = formBrowser(server)
  user = await server.createUser({})
  device = createPasskeyAuthenticator({ origin: server.url })
}
beforeEach(async () => start())
afterEach(async () => {
  const { reports } = server
  await server.close()
  if (reports.length > 0) throw new Error(`the server reported: ${reports.join("; ")}`)
})

const tenMinutes = 10 * 60

const typePassword = async (): Promise<void> => {
  await browser.open("/sign-in")
  await browser.send("/sign-in", { email: user.email, password: user.password })
}

/** What the page would have script ask the device. */
const asked = (): Record<string, unknown> => {
  const found = /data-options="([^"]*)"/.exec(browser.page().text)?.[1]
  if (found === undefined) throw new Error(`nothing is asked on "${headingOf(browser.page())}"`)
  return JSON.parse(unescaped(found)) as Record<string, unknown>
}
const made = (...change: [Parameters<typeof device.create>[1]?]) => JSON.stringify(device.create(asked(), ...change))
const used = (...change: [Parameters<typeof device.get>[1]?]) => JSON.stringify(device.get(asked(), ...change))

const addOne = async (): Promise<void> => {
  await browser.open("")
  await browser.send("/factors", { kind: "passkey" })
  await browser.send("/factors/passkey", { name: "Laptop", answer: made() })
}
/** Signed in with a passkey that was added. */
const withPasskey = async (): Promise<void> => {
  await typePassword()
  await addOne()
  await browser.send("/recovery-codes/saved", { saved: "yes" })
}
const signedOut = async (): Promise<void> => {
  await browser.open("")
  await browser.send("/sign-out")
}

describe("adding a passkey", () => {
  test("ends with recovery codes, and the next sign-in asks for it first", async () => {
    await withPasskey()
    expect(browser.page().text).toContain("Laptop")
    await signedOut()
    await typePassword()
    expect(headingOf(browser.page())).toBe("Use your passkey")
    expect(browser.page().text).toContain('href="/account/second-step?with=recovery-code"')
    await browser.send("/second-step", { answer: used() })
    expect(headingOf(browser.page())).toBe("Security")
  })

  test("shows the same question after a reload, and none that is nearly over", async () => {
    await typePassword()
    await browser.open("/factors/passkey")
    expect(browser.page().text).not.toContain("data-options")
    await browser.send("/factors", { kind: "passkey" })
    const first = asked()
    await browser.open("/factors/passkey")
    expect(asked()).toEqual(first)
    server.clock.advance(250)
    await browser.open("/factors/passkey")
    expect(browser.page().text).not.toContain("data-options")
    await addOne()
    expect(headingOf(browser.page())).toBe("Save your recovery codes")
  })

  test("what does not fit is told above, without an answer there is a new question, and the name stays", async () => {
    await typePassword()
    await browser.open("")
    await browser.send("/factors", { kind: "passkey" })
    const first = asked()
    for (const answer of [made({ origin: "https://evil.example" }), "{}", "no json", "[]"]) {
      const refused = await browser.send("/factors/passkey", { name: "Laptop", answer })
      expect([refused.status, unescaped(refused.text).includes("couldn’t be added")]).toEqual([422, true])
      expect(refused.text).toContain('value="Laptop"')
      expect(refused.text).toContain("<title>Error: Add a passkey")
    }
    await browser.send("/factors/passkey", { name: "Laptop", answer: "" })
    expect(browser.page().text).toContain("open for a while")
    expect(asked()["challenge"]).not.toBe(first["challenge"])
    await browser.send("/factors/passkey", { name: "", answer: made() })
    expect(browser.page().text).toContain("Type a name.")
    await browser.send("/factors/passkey", { name: "Laptop", answer: made() })
    expect(headingOf(browser.page())).toBe("Save your recovery codes")
  })

  test("asks for a fresh proof first, and goes on", async () => {
    await withPasskey()
    server.clock.advance(tenMinutes)
    await browser.open("")
    await browser.send("/factors", { kind: "passkey" })
    expect(headingOf(browser.page())).toBe("Is it you?")
    await browser.send("/step-up", { answer: used() })
    expect(headingOf(browser.page())).toBe("Add a passkey")
    // This one excludes what is there, and the next name is told apart.
    expect(asked()["excludeCredentials"]).toHaveLength(1)
    device = createPasskeyAuthenticator({ origin: server.url })
    await browser.send("/factors/passkey", { name: "Phone", answer: made() })
    expect(browser.page().text).toContain("Your passkey has been added.")
  })

  test("pays an enrolment that is owed, and nothing else stands open before it", async () => {
    await start({ secondFactor: "required" })
    await typePassword()
    expect(headingOf(browser.page())).toBe("Set up a second step")
    await browser.send("/enrol", { kind: "passkey" })
    expect(headingOf(await browser.open(""))).toBe("Sign in")
    await browser.open("/enrol/passkey")
    await browser.send("/enrol/passkey", { name: "Laptop", answer: made() })
    expect(headingOf(browser.page())).toBe("Save your recovery codes")
  })

  test("is not offered where the installation does not", async () => {
    await start({ factors: ["totp"] })
    await typePassword()
    expect(browser.page().text).not.toContain("passkey")
    await browser.send("/factors", { kind: "passkey" })
    expect(browser.page().text).toContain("That way isn’t open to you here.")
    await browser.open("/factors/passkey")
    expect(browser.page().text).not.toContain("data-options")
  })
})

describe("the page that asks for a passkey", () => {
  beforeEach(async () => {
    await withPasskey()
    await signedOut()
    await typePassword()
  })

  test("counts what does not fit, says how many tries are left, and puts another question", async () => {
    for (const left of [undefined, "3 tries", "2 tries", "one try"]) {
      const before = asked()
      await browser.send("/second-step", { answer: used({ challenge: "AAAA" }) })
      expect(browser.page().status).toBe(422)
      expect(browser.page().text).toContain("wasn’t accepted")
      if (left !== undefined) expect(browser.page().text).toContain(`You have ${left} left.`)
      expect(asked()["challenge"]).not.toBe(before["challenge"])
    }
    await browser.send("/second-step", { answer: used() })
    expect(headingOf(browser.page())).toBe("Security")
  })

  test("takes no attempt for what is no answer, and none for a page that asks anew", async () => {
    for (let times = 0; times < 8; times++) {
      await browser.send("/second-step", { answer: times % 2 === 0 ? "" : "{" })
      expect(browser.page().status).toBe(422)
    }
    await browser.send("/second-step", { answer: used() })
    expect(headingOf(browser.page())).toBe("Security")
  })

  test("leads to a recovery code and back, in the same place", async () => {
    await browser.open("/second-step?with=recovery-code")
    expect(headingOf(browser.page())).toBe("Use a recovery code")
    expect(browser.page().text).toContain('href="/account/second-step?with=passkey"')
    await browser.open("/second-step?with=passkey")
    expect(headingOf(browser.page())).toBe("Use your passkey")
  })

  test("of two tabs the newer one counts", async () => {
    const older = used()
    await browser.open("/second-step")
    await browser.send("/second-step", { answer: older })
    expect(browser.page().text).toContain("wasn’t accepted")
    await browser.send("/second-step", { answer: used() })
    expect(headingOf(browser.page())).toBe("Security")
  })

  test("remembers the browser where that was ticked", async () => {
    await browser.send("/second-step", { answer: used(), remember: "yes" })
    await signedOut()
    await typePassword()
    expect(headingOf(browser.page())).toBe("Security")
  })

  test("has the policy of every page, and shows nothing of the account but the credential's id", async () => {
    const { headers, text } = browser.page()
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(text).not.toContain(user.id)
    expect(text).not.toContain("Laptop")
    expect(Object.keys(asked()).toSorted()).toEqual([
      "allowCredentials",
      "challenge",
      "rpId",
      "timeout",
      "userVerification",
    ])
  })
})

describe("a step-up", () => {
  test("with a passkey goes on with what was being done, after a wrong one and a stale one too", async () => {
    await withPasskey()
    const path = /href="\/account(\/factors\/[^"]+)"/.exec(browser.page().text)?.[1] ?? ""
    server.clock.advance(tenMinutes)
    await browser.open(path)
    await browser.send(`${path}/rename`, { name: "Old laptop" })
    expect(headingOf(browser.page())).toBe("Is it you?")
    await browser.send("/step-up", { answer: used({ userPresent: false }) })
    expect(browser.page().text).toContain("wasn’t accepted")
    await browser.send("/step-up", { answer: "" })
    expect(browser.page().text).toContain("open for a while")
    await browser.send("/step-up", { answer: used() })
    expect(browser.page().text).toContain("The name has been changed.")
    expect(browser.page().text).toContain("Old laptop")
  })

  test("removes it with a word about the device, after which the password alone opens the account", async () => {
    await withPasskey()
    const path = /href="\/account(\/factors\/[^"]+)"/.exec(browser.page().text)?.[1] ?? ""
    await browser.open(`${path}/remove`)
    expect(browser.page().text).toContain("Your device keeps its part")
    await browser.send(`${path}/remove`)
    expect(browser.page().text).toContain("Your password alone opens this account")
    await signedOut()
    await typePassword()
    expect(headingOf(browser.page())).toBe("Security")
  })

  test("a copy that was refused is told in the account's activity", async () => {
    await withPasskey()
    await signedOut()
    await typePassword()
    await browser.send("/second-step", { answer: used({ counter: 5 }) })
    await signedOut()
    await typePassword()
    await browser.send("/second-step", { answer: used({ counter: 5 }) })
    await browser.send("/second-step", { answer: used({ counter: 6 }) })
    await browser.open("/activity")
    expect(browser.page().text).toContain("A passkey that may have been copied was refused")
  })
})
