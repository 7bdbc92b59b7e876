import { type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core"
import { startTestServer, type TestServer, type TestServerOptions } from "countersign/testing"
import { oathCode } from "./browser.ts"

/** Called on every page in every state that the walk comes to. */
export type Look = (page: Page, state: string, server: TestServer) => Promise<void>

export type Walk = {
  readonly server: TestServer
  readonly page: Page
  readonly context: BrowserContext
  readonly look: (state: string) => Promise<void>
}

/** A server of its own, on a clock that is moved by hand, and a browser without cookies. */
export const withServer = async (
  browser: Browser,
  look: Look,
  options: { server?: TestServerOptions | undefined; context?: BrowserContextOptions },
  walk: (walk: Walk) => Promise<void>,
): Promise<void> => {
  await using server = await startTestServer({
    listen: true,
    issuer: "Heron Books",
    factors: ["totp", "email-code"],
    startAt: Date.now(),
    ...options.server,
  })
  const context = await browser.newContext(options.context)
  const page = await context.newPage()
  try {
    await walk({ server, page, context, look: (state) => look(page, state, server) })
    if (server.reports.length > 0) throw new Error(`the server reported: ${server.reports.join("; ")}`)
  } finally {
    await context.close()
  }
}

export const password = "three herons over the lake"

// No words in any of these: the same walk is made in every language, and with script switched off.

export const open = (walk: Walk, path: string) => walk.page.goto(`${walk.server.url}/account${path}`)

/** Fills the form that posts to an address, presses its main button, and waits for the page that it leads to. */
export const send = async (
  { page }: Walk,
  action: string,
  fields: Readonly<Record<string, string | boolean>> = {},
): Promise<void> => {
  const form = page.locator(`form[action$="/account${action}"]`).first()
  // The server's own refusal is what is looked at, not the browser's.
  await form.evaluate((element) => void ((element as HTMLFormElement).noValidate = true))
  const ask = form.locator("xpath=ancestor::details")
  if ((await ask.count()) > 0) await ask.locator("summary").click()
  const navigated = page.waitForEvent("framenavigated", { predicate: (frame) => frame === page.mainFrame() })
  const arrived: Promise<boolean> = navigated.then(() => true)
  const sent = await sendsItself(page, action, fields["code"])
  for (const [name, value] of Object.entries(fields)) {
    const input = form.locator(`[name="${name}"]`)
    if (typeof value === "boolean") await input.setChecked(value)
    else if ((await input.evaluate(({ tagName }) => tagName)) === "SELECT") await input.selectOption(value)
    else await input.fill(value)
  }
  if (!sent) await form.locator("button:not([type=button]):not([formaction])").first().click()
  await arrived
  await page.waitForLoadState()
}

/** Whether the page's script sends the form once this code stands in it: full, and another than before. */
const sendsItself = async (page: Page, action: string, code: string | boolean | undefined): Promise<boolean> => {
  const input = page.locator(`form[action$="/account${action}"] .code input`)
  if (typeof code !== "string" || (await input.count()) === 0) return false
  const { scripted, digits, before } = await input.first().evaluate((element) => ({
    scripted: document.documentElement.classList.contains("scripted"),
    digits: element.parentElement?.querySelector(".boxes")?.children.length,
    before: (element as HTMLInputElement).value,
  }))
  return scripted && /^\d+$/.test(code) && code.length === digits && code !== before
}

export const follow = async ({ page }: Walk, selector: string): Promise<void> => {
  await page.locator(selector).first().click()
  await page.waitForLoadState()
}

export const mailedLink = async ({ server }: Walk, to: string): Promise<string> => {
  const link = (await server.mails.latestTo(to)).links.find((found) => found.includes("token="))
  if (link === undefined) throw new Error(`the newest mail to ${to} has no link`)
  return link
}

export const mailedCode = async ({ server }: Walk, to: string): Promise<string> => {
  const { code } = await server.mails.latestTo(to)
  if (code === null) throw new Error(`the newest mail to ${to} has no code`)
  return code
}

/** The next code of an app: time moves on first, since each is taken once. */
export const nextCode = ({ server }: Walk, uri: string): string => {
  server.clock.advance(31)
  return oathCode(uri, server.clock.now())
}

/** A code that is well formed and wrong. */
export const wrongCode = ({ server }: Walk, uri: string): string => {
  const near = new Set(
    Array.from({ length: 41 }, (_, index) => oathCode(uri, server.clock.now() + (index - 20) * 30_000)),
  )
  return ["000000", "111111", "222222"].find((code) => !near.has(code)) ?? "333333"
}

export const keyOnPage = async ({ page }: Walk): Promise<string> =>
  (await page.locator('a[href^="otpauth:"]').getAttribute("href")) ?? ""

export const signIn = async (walk: Walk, email: string, typed = password): Promise<void> => {
  await open(walk, "/sign-in")
  await send(walk, "/sign-in", { email, password: typed })
}

/** Adds the first app and saves its codes. Ends on the Security page. */
export const addFirstApp = async (walk: Walk, name = "Phone"): Promise<string> => {
  await open(walk, "")
  await send(walk, "/factors")
  const uri = await keyOnPage(walk)
  await send(walk, "/factors/app", { name, code: nextCode(walk, uri) })
  await send(walk, "/recovery-codes/saved", { saved: true })
  return uri
}
