/** A passkey in a real browser, with the authenticator that Chromium brings for tests (WebDriver's, over CDP). */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Browser, BrowserContextOptions, CDPSession, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { desktop, launch, phone, skipLoudly } from "./browser.ts"
import { password, signIn, type Walk, withServer } from "./pages-walk.ts"

/** Where pictures go, to be looked at; none where not set. */
const pictures = process.env["COUNTERSIGN_SCREENSHOTS"]

const email = "mara.lindqvist@example.com"
const factors = ["passkey", "totp", "email-code"] as const

type Device = { readonly cdp: CDPSession; readonly id: string }

/** Plugs a device into the page: it verifies its user, and says yes without being touched. */
const plugIn = async ({ context, page }: Walk): Promise<Device> => {
  const cdp = await context.newCDPSession(page)
  await cdp.send("WebAuthn.enable")
  const { authenticatorId: id } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { cdp, id }
}

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true }).waitFor()
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click()

/** A picture of the state, on a desk in the light and on a phone in the dark. */
const look = async (page: Page, state: string): Promise<void> => {
  if (pictures === undefined) return
  for (const [size, colorScheme] of [
    [desktop, "light"],
    [phone, "dark"],
  ] as const) {
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(pictures, `passkey-test-${state}-${size.width}.png`), fullPage: true })
  }
}

describe.skipIf(skipLoudly("passkey.test.ts"))("a passkey in a browser", () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
  })

  afterAll(async () => {
    await browser?.close()
  })

  const visit = (walk: (walk: Walk) => Promise<void>, context: BrowserContextOptions = {}): Promise<void> =>
    withServer(
      browser,
      async () => undefined,
      { server: { factors }, context: { locale: "en-GB", ...context } },
      async (of) => {
        await of.server.createUser({ email, password })
        const problems: string[] = []
        // A policy that stops something says so here.
        of.page.on("console", (said) => {
          if (said.type() === "error" && !/status of 4\d\d/.test(said.text())) problems.push(said.text())
        })
        of.page.on("pageerror", (error) => problems.push(error.message))
        await walk(of)
        expect(problems).toEqual([])
      },
    )

  const addOne = async ({ page }: Walk, name: string): Promise<void> => {
    await press(page, "Add a passkey")
    await heading(page, "Add a passkey")
    await page.getByLabel("Name").fill(name)
    await press(page, "Create passkey")
    await heading(page, "Save your recovery codes")
    await page.getByLabel("I have saved these codes").check()
    await press(page, "Save and continue")
    await heading(page, "Security")
  }

  test("is added, signs in, shows that it is still you, and is removed", async () => {
    await visit(async (walk) => {
      const { page, server } = walk
      const { cdp, id } = await plugIn(walk)
      await signIn(walk, email)
      await addOne(walk, "Laptop")
      await page.getByText("Laptop", { exact: true }).waitFor()
      const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId: id })
      expect(credentials).toMatchObject([{ rpId: "localhost", isResidentCredential: true, userName: email }])

      // The device refuses a second one for the same account, and the page says why.
      await press(page, "Add another passkey")
      await press(page, "Create passkey")
      await page.getByText("This device has a passkey for your account already.").waitFor()
      await look(page, "known")
      await page.getByRole("link", { name: "Cancel" }).click()
      await press(page, "Sign out")

      await signIn(walk, email)
      await heading(page, "Use your passkey")
      expect(await page.getByRole("link", { name: "Use a recovery code instead" }).count()).toBe(1)
      await press(page, "Use your passkey")
      await heading(page, "Security")
      const [session] = await server.engine.sessions.list(await actingFor(walk))
      expect(session?.methods.map(({ method }) => method)).toEqual(["pwd", "hwk", "user", "mfa"])

      server.clock.advance(11 * 60)
      await page.getByRole("link", { name: "Change: Laptop" }).click()
      await page.getByLabel("Name").fill("Old laptop")
      await press(page, "Save name")
      await heading(page, "Is it you?")
      await look(page, "step-up")
      await press(page, "Use your passkey")
      await page.getByText("The name has been changed.").waitFor()
      await page.getByText("Old laptop", { exact: true }).waitFor()

      await page.getByRole("link", { name: "Change: Old laptop" }).click()
      await page.getByRole("link", { name: "Remove" }).click()
      await press(page, "Remove")
      await page.getByText("Your password alone opens this account").waitFor()
      await press(page, "Sign out")
      await signIn(walk, email)
      await heading(page, "Security")
    })
  }, 40_000)

  test("a device that says nothing is no end: it can be asked again, and other ways stand beside it", async () => {
    await visit(async (walk) => {
      const { page, server } = walk
      await plugIn(walk)
      await signIn(walk, email)
      await addOne(walk, "Laptop")
      await press(page, "Sign out")
      await signIn(walk, email)

      let posts = 0
      page.on("request", (request) => void (posts += Number(request.method() === "POST")))
      await page.evaluate(() => {
        const { credentials } = navigator
        const real = credentials.get.bind(credentials)
        credentials.get = async () => {
          credentials.get = real
          throw new DOMException("", "NotAllowedError")
        }
      })
      await press(page, "Use your passkey")
      await page.getByText("Nothing came back from your passkey.").waitFor()
      expect(posts).toBe(0)
      await look(page, "failed")

      // A page that stood open for longer than its question is good asks for another one before the device is asked.
      await page.evaluate(() => {
        const later = Date.now() + 10 * 60_000
        Date.now = () => later
      })
      server.clock.advance(301)
      await press(page, "Use your passkey")
      await page.getByText("This page was open for a while.").waitFor()
      await look(page, "open-for-long")
      await page.getByLabel("Don’t ask for my passkey").check()
      await press(page, "Use your passkey")
      await heading(page, "Security")
      await page.getByText("Browsers that aren’t asked for a code").waitFor()
      // None of that counted as a failure.
      expect(await server.mails.to(email)).toHaveLength(1)
    })
  }, 40_000)

  test("where the browser can't, or script is off, the page says so and shows the other ways", async () => {
    await visit(async (walk) => {
      const { page, context } = walk
      await plugIn(walk)
      await signIn(walk, email)
      await addOne(walk, "Laptop")
      await context.clearCookies()
      await context.addInitScript(() => void Reflect.deleteProperty(PublicKeyCredential, "parseRequestOptionsFromJSON"))
      await signIn(walk, email)
      await page.getByText("This browser can’t use passkeys here.").waitFor()
      expect(await page.getByRole("button", { name: "Use your passkey" }).count()).toBe(0)
      expect(await page.getByRole("link", { name: "Use a recovery code instead" }).count()).toBe(1)
      await look(page, "missing")

      const plain = await browser.newContext({ javaScriptEnabled: false, locale: "en-GB" })
      const there = { ...walk, context: plain, page: await plain.newPage() }
      await signIn(there, email)
      await there.page.getByText("Passkeys need script, which is switched off in this browser.").waitFor()
      expect(await there.page.getByRole("button", { name: "Use your passkey" }).count()).toBe(0)
      await look(there.page, "no-script")
      await there.page.getByRole("link", { name: "Use a recovery code instead" }).click()
      await heading(there.page, "Use a recovery code")
      await plain.close()
    })
  }, 40_000)
})

/** Who stands in the browser, for a look at the server's own record. */
const actingFor = async ({ server }: Walk) => {
  const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" } } as const
  const user = await server.engine.users.find({ email })
  return { ...operator, userId: user?.id ?? "" }
}
