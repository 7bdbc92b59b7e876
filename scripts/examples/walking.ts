/** What a walk through an example's pages is made of: stories of one person each, told in steps that are counted. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { desktop, launch, oathCode, phone, readQr } from "../../e2e/browser.ts"

export type Person = { readonly email: string; readonly password: string }

export type Story = {
  readonly page: Page
  readonly context: BrowserContext
  /** Everything after a step that failed is left out: it would only fail for the same reason. */
  readonly step: (name: string, run: () => Promise<void>) => Promise<void>
  /** Lets minutes pass, for the server and the app. */
  readonly later: (minutes: number) => void
  /** The next code of an authenticator app: time moves on first, since each is taken once. */
  readonly code: (uri: string) => string
  /** A code that is well formed and wrong. */
  readonly wrongCode: (uri: string) => string
  /** The address in the QR code on the page, read from a picture of it. */
  readonly scan: () => Promise<string>
  /** How often a request was made since the last question about it. */
  readonly requests: (method: string, path: string | RegExp) => number
  /** All headings that have stood on the page, however shortly, since the last question. */
  readonly headings: () => Promise<string[]>
  /** A picture of the page on a desk and on a phone, in light and in dark, where pictures are wanted; axe finds nothing. */
  readonly look: (name: string) => Promise<void>
}

const need = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new TypeError(`${name} is missing: this is run by scripts/test-examples.mjs`)
  return value
}

/** Where the app is, and where its Countersign. */
export const app: string = need("APP_URL")
export const countersign: string = need("COUNTERSIGN_URL")
export const way: string = need("EXAMPLE_WAY")

const clock = need("EXAMPLE_CLOCK")
const now = (): number => Date.now() + Number(readFileSync(clock, "utf8"))
const move = (milliseconds: number): void => {
  // In one go: a program that read half a file would live in another time.
  writeFileSync(`${clock}.next`, String(Number(readFileSync(clock, "utf8")) + milliseconds))
  renameSync(`${clock}.next`, clock)
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const folder = mkdtempSync(join(tmpdir(), "countersign-walk-"))
const count = { passed: 0, failed: 0 }
let browser: Browser | undefined

/** Somebody new, who has no second factor yet. */
export async function person(roles: readonly string[] = []): Promise<Person> {
  const someone = {
    email: `${crypto.randomUUID().slice(0, 8)}@example.com`,
    password: "three herons over the lake",
  }
  const response = await fetch(`${countersign}/v1/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${need("SERVICE_KEY")}`, "content-type": "application/json" },
    body: JSON.stringify({ ...someone, emailConfirmed: true, roles }),
  })
  if (response.status !== 201) throw new Error(`no user was made: ${await response.text()}`)
  return someone
}

const nextCode = (uri: string): string => {
  move(31_000)
  return oathCode(uri, now())
}

class Left extends Error {}

/** Tells one story in a browser without cookies. A script that fails or an error on the page's console fails it. */
export async function story(
  title: string,
  run: (story: Story) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  browser ??= await launch()
  const context = await browser.newContext({ viewport: desktop, ...options })
  context.setDefaultTimeout(20_000)
  const complaints: string[] = []
  const sent: string[] = []
  const shown: string[] = []
  await context.exposeBinding("sawHeading", (_source, text: string) => void shown.push(text))
  await context.addInitScript(watchHeadings)
  context.on("page", (page) => {
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("console", (message) => {
      const text = message.text()
      // A refusal is what these stories are about.
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text)
    })
    page.on("request", (request) => {
      sent.push(`${request.method()} ${new URL(request.url()).pathname}`)
    })
  })
  const page = await context.newPage()
  console.log(title)
  const failed = async (name: string, error: unknown): Promise<void> => {
    count.failed += 1
    console.log(`  ✗ ${name}\n${String(error instanceof Error ? error.stack : error).replace(/^/gm, "      ")}`)
    const text = await page.innerText("body").catch(() => "")
    console.log(`      at ${page.url()}, which says:\n${text.replace(/^/gm, "        ")}`)
  }
  const step: Story["step"] = async (name, task) => {
    try {
      await task()
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.splice(0).join("\n")}`)
      count.passed += 1
      console.log(`  ✓ ${name}`)
    } catch (error) {
      await failed(name, error)
      throw new Left()
    }
  }
  try {
    await run({
      page,
      context,
      step,
      code: nextCode,
      later: (minutes) => move(minutes * 60_000),
      wrongCode(uri) {
        const near = new Set(Array.from({ length: 41 }, (_, index) => oathCode(uri, now() + (index - 20) * 30_000)))
        return ["000000", "111111", "222222"].find((each) => !near.has(each)) ?? "333333"
      },
      async scan() {
        const picture = join(folder, "qr.png")
        await page.screenshot({ path: picture })
        return readQr(picture)
      },
      requests(method, path) {
        const isAsked = (line: string): boolean => {
          const [itsMethod, itsPath = ""] = line.split(" ")
          return itsMethod === method && (typeof path === "string" ? itsPath === path : path.test(itsPath))
        }
        const found = sent.filter(isAsked).length
        sent.splice(0, sent.length, ...sent.filter((line) => !isAsked(line)))
        return found
      },
      headings: async () => shown.splice(0),
      look: (name) => look(page, name),
    })
  } catch (error) {
    if (!(error instanceof Left)) await failed("what the story begins with", error)
  } finally {
    await context.close()
  }
}

function watchHeadings(): void {
  const tell = (globalThis as unknown as { sawHeading: (text: string) => void }).sawHeading
  let last = ""
  const read = (): void => {
    const text = document.querySelector("h1")?.textContent ?? ""
    if (text !== last && text !== "") tell(text)
    last = text
  }
  new MutationObserver(read).observe(document, { childList: true, subtree: true, characterData: true })
}

const looks = [
  { name: "desk", viewport: desktop, colorScheme: "light" },
  { name: "desk-dark", viewport: desktop, colorScheme: "dark" },
  { name: "phone", viewport: phone, colorScheme: "light" },
  { name: "phone-dark", viewport: phone, colorScheme: "dark" },
] as const

type Violation = { id: string; nodes: { target: unknown; failureSummary?: string }[] }

async function look(page: Page, name: string): Promise<void> {
  // What is served looks the same, without the tools of development over it.
  if (way === "in development") return
  const pictures = process.env["EXAMPLE_PICTURES"]
  for (const { name: how, viewport, colorScheme } of looks) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    if (pictures !== undefined)
      await page.screenshot({ path: join(pictures, `${name}-${how}.png`), animations: "disabled" })
    await page.evaluate(axe)
    const violations = await page.evaluate(
      async () =>
        (await (globalThis as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }).axe.run())
          .violations,
    )
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => JSON.stringify(node)).join("; ")}`)
    if (told.length > 0) throw new Error(`${name}, ${how}: ${told.join("\n")}`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) throw new Error(`${name}, ${how}: ${wide} px stick out at the side`)
  }
  await page.setViewportSize(desktop)
  await page.emulateMedia({ colorScheme: "light" })
}

/** To be called after the last story: says how many steps passed. */
export async function end(): Promise<void> {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
  process.exitCode = count.failed > 0 ? 1 : 0
  console.log(`\n${count.passed} passed, ${count.failed} failed`)
}
