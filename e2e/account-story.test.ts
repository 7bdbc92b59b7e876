import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { desktop, launch, oathCode, readQr, skipLoudly } from "./browser.ts"
import { type MailServer, startMailServer } from "./mail-server.ts"
import { freePort, type ServerProcess, startServer } from "./server-process.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-story-"))
const email = "mara.lindqvist@example.com"
const password = "three herons over the lake"
const newPassword = "a quiet boat before dawn"

/**
 * The whole story of an account, in a real browser, against the server as a process of its own, with a database file
 * and real SMTP. The QR code is read from a picture and the codes are made by programs that are not ours.
 */
describe.skipIf(skipLoudly("account-story.test.ts"))("the story of an account", () => {
  let browser: Browser
  let server: ServerProcess
  let mails: MailServer
  let page: Page
  let phoneApp: string
  let tabletApp: string
  let codes: string[]
  const complaints: string[] = []

  beforeAll(async () => {
    mails = await startMailServer()
    server = await startServer({
      COUNTERSIGN_PORT: String(await freePort()),
      COUNTERSIGN_HOST: "127.0.0.1",
      COUNTERSIGN_DATABASE_URL: `sqlite:${join(folder, "data.sqlite")}`,
      COUNTERSIGN_SMTP_URL: mails.url,
      COUNTERSIGN_ISSUER: "Heron Books",
    })
    browser = await launch()
    const context = await browser.newContext({ viewport: desktop, acceptDownloads: true, locale: "en-GB" })
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url })
    page = await context.newPage()
    page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()))
    page.on("pageerror", (error) => complaints.push(error.message))
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await mails?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const at = (path: string): string => `${server.url}/account${path}`
  const heading = async (text: string | RegExp): Promise<void> => {
    await page.getByRole("heading", { level: 1, name: text }).waitFor()
  }
  const press = (name: string | RegExp) => page.getByRole("button", { name, exact: true }).click()
  const said = (text: string | RegExp) => page.locator(".notice, .wrong").filter({ hasText: text }).first().waitFor()

  /** The link of the newest mail of a subject, once it has come. */
  const mailedLink = async (to: string, path: string): Promise<string> => {
    for (let tries = 0; tries < 100; tries++) {
      const link = mails
        .to(to)
        .toReversed()
        .flatMap(({ text }) => /https?:\/\/\S+/g.exec(text)?.[0] ?? [])
        .find((found) => found.includes(path))
      if (link !== undefined) return link
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`no mail with ${path} came to ${to}`)
  }

  /** Scans the QR code on the page as a phone would: from a picture. */
  const scan = async (name: string): Promise<string> => {
    const picture = join(folder, `${name}.png`)
    await page.locator("svg.qr").screenshot({ path: picture })
    return readQr(picture)
  }

  const typePassword = async (typed: string): Promise<void> => {
    await page.goto(at("/sign-in"))
    await page.getByLabel("Email address").fill(email)
    await page.getByLabel("Password", { exact: true }).fill(typed)
    await press("Sign in")
  }

  const signOut = async (): Promise<void> => {
    await press("Sign out")
    await said("You are signed out.")
  }

  test("somebody signs up and is told to look into their mail", async () => {
    await page.goto(server.url)
    await heading("Sign in")
    await page.getByRole("link", { name: "Create an account" }).click()
    await page.getByLabel("Email address").fill(email)
    await page.getByLabel("Password", { exact: true }).fill(password)
    await press("Create account")
    await heading("Check your mail")
    await page.getByText(email).waitFor()
  })

  test("before the address is confirmed the right password leads to the mail again", async () => {
    await typePassword(password)
    await heading("Check your mail")
  })

  test("the mailed link confirms on a press, not by being opened, and works once", async () => {
    const link = await mailedLink(email, "/account/confirm-address")
    // A scanner that opens every link in a mail spends nothing.
    await fetch(link)
    await fetch(link, { method: "HEAD" })
    await page.goto(link)
    await press("Confirm my address")
    await said("Your address is confirmed.")
    expect(await page.getByLabel("Email address").inputValue()).toBe(email)

    await page.goto(link)
    await press("Confirm my address")
    await heading("This link no longer works")
    complaints.length = 0
  })

  test("signed in with a password alone, they add an authenticator app from its QR code", async () => {
    await typePassword(password)
    await heading("Security")
    await page.getByText("Your password alone opens this account").waitFor()
    await press("Add authenticator app")
    await heading("Add an authenticator app")

    phoneApp = await scan("phone")
    const uri = new URL(phoneApp)
    expect(`${uri.protocol}//${uri.host}`).toBe("otpauth://totp")
    expect(decodeURIComponent(uri.pathname)).toContain(email)
    expect(uri.searchParams.get("issuer")).toBe("Heron Books")
    const key = (await page.locator("code").innerText()).replaceAll(/\s/g, "")
    expect(key).toBe(uri.searchParams.get("secret"))
    expect(await page.getByRole("link", { name: "Open in an authenticator on this device" }).getAttribute("href")).toBe(
      phoneApp,
    )
    await press("Copy key")
    await page.getByRole("button", { name: "Copied" }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key)
  })

  test("a wrong code is refused with the same key still shown, and a right one turns the app on", async () => {
    const secret = await page.locator("code").innerText()
    await page.getByLabel("Name it").fill("Phone")
    const right = oathCode(phoneApp, Date.now() - 30_000)
    await page.getByLabel("Type the code").fill(right === "000000" ? "000001" : "000000")
    await said("That code isn’t right.")
    expect(await page.locator("code").innerText()).toBe(secret)
    expect(await page.title()).toMatch(/^Error: /)
    expect(await page.getByLabel("Name it").inputValue()).toBe("Phone")
    complaints.length = 0

    // Written as the app shows it, with a blank; it is sent as soon as it is full.
    const code = oathCode(phoneApp, Date.now() - 30_000)
    await page.getByLabel("Type the code").fill(`${code.slice(0, 3)} ${code.slice(3)}`)
    await heading("Save your recovery codes")
  })

  test("the recovery codes are shown once: copied, downloaded, printed, saved", async () => {
    const shown = await page.getByRole("list", { name: "Your recovery codes" }).getByRole("listitem").allInnerTexts()
    codes = shown.map((code) => code.trim())
    expect(codes).toHaveLength(10)
    for (const code of codes) expect(code).toMatch(/^[2-9A-Z]{5}-[2-9A-Z]{5}$/)

    await press("Copy")
    await page.getByRole("button", { name: "Copied" }).waitFor()
    expect((await page.evaluate(() => navigator.clipboard.readText())).split(/\r?\n/)).toEqual(codes)

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^heron-books-recovery-codes-\d{4}-\d\d-\d\d\.txt$/)
    const text = readFileSync(await download.path(), "utf8")
    expect(text).toContain("Heron Books")
    expect(text).toContain(email)
    for (const code of codes) expect(text).toContain(code)

    // Printed: the codes, and nothing of the page around them.
    await page.emulateMedia({ media: "print" })
    expect(await page.getByRole("button", { name: "Save and continue" }).isVisible()).toBe(false)
    expect(await page.getByRole("banner").isVisible()).toBe(false)
    expect(await page.getByText(codes[0] ?? "").isVisible()).toBe(true)
    await page.emulateMedia({ media: null })

    // A reload still shows them, until they are said to be saved.
    await page.reload()
    await page.getByText(codes[9] ?? "").waitFor()
    await page.getByLabel("I have saved these codes").check()
    await press("Save and continue")
    await said("Your recovery codes are saved.")
    await page.getByText("10 of 10 left").waitFor()

    await page.goto(at("/recovery-codes"))
    await heading("The codes can’t be shown again")
    const body = await page.content()
    for (const code of codes) expect(body).not.toContain(code)
  })

  test("they sign out, and sign in with password and code", async () => {
    await page.goto(at(""))
    await signOut()
    await page.goto(at(""))
    await heading("Sign in")

    await typePassword(password)
    await heading("Enter your code")
    // Half-way in is not in: every other page still asks.
    await page.goto(at("/recovery-codes/new"))
    await heading("Sign in")
    await page.goto(at("/second-step"))
    await page.getByLabel("Code", { exact: true }).fill(oathCode(phoneApp, Date.now()))
    await heading("Security")
    await page.getByText("Your account has a second step").waitFor()
  })

  test("they sign in with a recovery code instead, written in their own way, and it is used up", async () => {
    await signOut()
    await typePassword(password)
    await page.getByRole("link", { name: "Use a recovery code instead" }).click()
    await heading("Use a recovery code")
    const [first = ""] = codes
    await page.getByLabel("Recovery code").fill(` ${first.toLowerCase().replace("-", " ")} `)
    await press("Sign in")
    await said("You signed in with a recovery code.")
    await page.getByText("9 of 10 left").waitFor()

    await signOut()
    await typePassword(password)
    await page.getByRole("link", { name: "Use a recovery code instead" }).click()
    await page.getByLabel("Recovery code").fill(first)
    await press("Sign in")
    await said("That recovery code isn’t right, or it has been used.")
    complaints.length = 0
    await page.getByLabel("Recovery code").fill(codes[1] ?? "")
    await press("Sign in")
    await page.getByText("8 of 10 left").waitFor()
  })

  test("new recovery codes replace the old ones", async () => {
    await page.getByRole("link", { name: "Make new codes" }).click()
    await heading("Make new recovery codes?")
    await page.getByText("You have 8 codes left.").waitFor()
    await press("Make new codes")
    await heading("Save your recovery codes")
    const fresh = await page.getByRole("list", { name: "Your recovery codes" }).getByRole("listitem").allInnerTexts()
    expect(fresh).toHaveLength(10)
    for (const code of fresh) expect(codes).not.toContain(code.trim())
    codes = fresh.map((code) => code.trim())
    await page.getByLabel("I have saved these codes").check()
    await press("Save and continue")
    await page.getByText("10 of 10 left").waitFor()
  })

  test("they rename the app, add a second one, and remove the first", async () => {
    await page.getByRole("link", { name: "Change: Phone" }).click()
    await page.getByLabel("Name", { exact: true }).fill("Old phone")
    await press("Save name")
    await said("The name has been changed.")
    await page.getByText("Old phone").waitFor()

    await press("Add another app")
    tabletApp = await scan("tablet")
    expect(new URL(tabletApp).searchParams.get("secret")).not.toBe(new URL(phoneApp).searchParams.get("secret"))
    await page.getByLabel("Name it").fill("Tablet")
    await page.getByLabel("Type the code").fill(oathCode(tabletApp, Date.now() - 30_000))
    await said("Your authenticator app has been added.")
    await heading("Security")

    await page.getByRole("link", { name: "Change: Old phone" }).click()
    await page.getByRole("link", { name: "Remove" }).click()
    await heading("Remove “Old phone”?")
    await page.getByText("You still have “Tablet”.").waitFor()
    await press("Remove")
    await said("It has been removed.")
    expect(await page.getByText("Old phone").count()).toBe(0)
    await page.getByText("Your account has a second step").waitFor()
  })

  test("the forgotten password is reset by mail, and the reset never skips the second step", async () => {
    await signOut()
    await page.goto(at("/sign-in"))
    await page.getByLabel("Email address").fill(email)
    await press("Forgot your password?")
    await heading("Forgot your password?")
    expect(await page.getByLabel("Email address").inputValue()).toBe(email)
    await press("Send the link")
    await heading("Check your mail")

    await page.goto(await mailedLink(email, "/account/reset-password"))
    await page.getByLabel("New password").fill(newPassword)
    await press("Save new password")
    await said("Your password has been changed.")
    // No session came of it.
    await page.goto(at(""))
    await heading("Sign in")

    await typePassword(password)
    await said("That address and password don’t go together.")
    complaints.length = 0
    await typePassword(newPassword)
    await heading("Enter your code")
    // The app that was removed proves nothing any more.
    await page.getByLabel("Code", { exact: true }).fill(oathCode(phoneApp, Date.now() + 30_000))
    await said("That code isn’t right.")
    complaints.length = 0
    await page.getByLabel("Code", { exact: true }).fill(oathCode(tabletApp, Date.now()))
    await heading("Security")
    await page.getByText("10 of 10 left").waitFor()
  })

  test("each change was told by mail, without a code or a key in it", async () => {
    const all = (): string =>
      mails
        .to(email)
        .map(({ raw }) => raw)
        .join("\n")
    for (let tries = 0; tries < 50 && mails.to(email).length < 10; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100))
    const secrets = [phoneApp, tabletApp].map((uri) => new URL(uri).searchParams.get("secret") ?? "")
    for (const secret of [...secrets, ...codes, ...codes.map((code) => code.replace("-", ""))])
      expect(all()).not.toContain(secret)
  })

  test("the browser had nothing to complain about", () => {
    expect(complaints).toEqual([])
  })
})
