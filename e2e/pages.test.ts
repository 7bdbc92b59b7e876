import { mkdirSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { desktop, launch, phone, skipLoudly } from "./browser.ts"
import { journeys } from "./pages-journeys.ts"
import { addFirstApp, keyOnPage, type Look, nextCode, open, password, send, signIn, withServer } from "./pages-walk.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** Where pictures of every state go, to be looked at; none where not set. */
const pictures = process.env["COUNTERSIGN_SCREENSHOTS"]

const languages = { en: "en-GB", de: "de-DE" } as const

type Scene = { readonly size: typeof desktop; readonly scheme: "light" | "dark" }
const [wideLight, wideDark, narrowLight, narrowDark] = [desktop, phone].flatMap((size): Scene[] => [
  { size, scheme: "light" },
  { size, scheme: "dark" },
]) as [Scene, Scene, Scene, Scene]
// Colours do not depend on the size, and languages differ in the length of words alone: each size, each scheme and
// each language is looked at, and all of their pairs where pictures are taken.
const scenesOf: Readonly<Record<keyof typeof languages, readonly Scene[]>> =
  pictures === undefined
    ? { en: [wideLight, narrowDark], de: [narrowLight] }
    : { en: [wideLight, wideDark, narrowLight, narrowDark], de: [wideDark, narrowLight] }

/** What axe finds, in words: everything, or of a scene that differs only in size and colours what these can break. */
const findings = async (page: Page, all: boolean): Promise<string[]> => {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe)
  return await page.evaluate(async (everything) => {
    type Result = { violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[] }
    const { axe: found } = globalThis as unknown as { axe: { run(options: object): Promise<Result> } }
    const only = { type: "rule", values: ["color-contrast", "target-size", "scrollable-region-focusable"] }
    const { violations } = await found.run({ resultTypes: ["violations"], ...(everything ? {} : { runOnly: only }) })
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.html} (${node.failureSummary})`),
    )
  }, all)
}

/** By how many pixels the page is wider than its window. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** Controls that are too small for a finger (WCAG 2.5.8); links within a sentence may be. */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll("a, button, summary, input:not([type=hidden]), select")]
      .filter((element) => !element.matches("p > a, .unseen") && element.checkVisibility())
      .filter((element) => {
        const { width, height } = element.getBoundingClientRect()
        return width < 24 || height < 24
      })
      .map((element) => element.outerHTML.slice(0, 120)),
  )

describe.skipIf(skipLoudly("pages.test.ts"))("the account pages", () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launch()
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
  })

  afterAll(async () => {
    await browser?.close()
  })

  for (const language of ["en", "de"] as const)
    for (const { name, server, walk } of journeys)
      test(`${name}, in ${language}: nothing that axe finds, nothing cut off, nothing from elsewhere`, async () => {
        const problems: string[] = []
        let asked: Page | undefined
        let state = ""
        const watch = (page: Page, url: string): void => {
          page.on("console", (said) => {
            // That a refused form is answered 4xx is no fault of the page.
            if (["error", "warning"].includes(said.type()) && !/status of 4\d\d/.test(said.text()))
              problems.push(`after ${state}: the console says ${said.text()}`)
          })
          page.on("pageerror", (error) => problems.push(`after ${state}: ${error.message}`))
          page.on("request", (request) => {
            if (!request.url().startsWith(`${url}/`) && !request.url().startsWith("data:"))
              problems.push(`after ${state}: a request to ${request.url()}`)
          })
        }
        const look: Look = async (page, nameOfState, { url }) => {
          state = nameOfState
          if (asked !== page) watch(page, url)
          asked = page
          for (const [index, { size, scheme }] of scenesOf[language].entries()) {
            await page.setViewportSize(size)
            await page.emulateMedia({ colorScheme: scheme })
            const scene = `${state}, ${size.width} px, ${scheme}`
            problems.push(...(await findings(page, index === 0)).map((found) => `${scene}: ${found}`))
            if ((await overflow(page)) > 0) problems.push(`${scene}: wider than its window`)
            problems.push(...(await smallTargets(page)).map((found) => `${scene}: too small: ${found}`))
            if (pictures !== undefined)
              await page.screenshot({
                path: join(pictures, `${state}-${language}-${size.width}-${scheme}.png`),
                fullPage: true,
              })
          }
          expect(await page.getAttribute("html", "lang")).toBe(language)
          expect(await page.locator("h1").count()).toBe(1)
          // 1280 px at 200 %, at 400 % (WCAG 1.4.10), and letters twice as large.
          for (const width of [640, 320]) {
            await page.setViewportSize({ width, height: 600 })
            if ((await overflow(page)) > 0) problems.push(`${state} at ${width} px: wider than its window`)
          }
          await page.setViewportSize(phone)
          await page.evaluate(() => void (document.documentElement.style.fontSize = "200%"))
          if ((await overflow(page)) > 0) problems.push(`${state} with large letters: wider than its window`)
          await page.evaluate(() => void (document.documentElement.style.fontSize = ""))
          await page.setViewportSize(desktop)
        }
        await withServer(
          browser,
          look,
          { server, context: { locale: languages[language], reducedMotion: "reduce" } },
          walk,
        )
        expect(problems).toEqual([])
      }, 300_000)

  for (const { name, server, walk } of journeys)
    test(`${name}: works with script switched off`, async () => {
      const states: string[] = []
      const look: Look = async (page, state) => {
        states.push(state)
        expect(await page.locator("[data-scripted]:visible").count()).toBe(0)
      }
      await withServer(browser, look, { server, context: { javaScriptEnabled: false, locale: "en-GB" } }, walk)
      expect(states.length).toBeGreaterThan(5)
    }, 120_000)

  test("a person with a keyboard alone signs up, signs in and sets an app up", async () => {
    const ends = async (): Promise<void> => undefined
    await withServer(browser, ends, { context: { locale: "en-GB" } }, async (walk) => {
      const { page, server } = walk
      const { keyboard } = page
      const email = "mara.lindqvist@example.com"
      /** Goes on with Tab until something of that name has the focus; all on the way has to be seen to have it. */
      const tabTo = async (name: string): Promise<void> => {
        for (let steps = 0; steps < 60; steps++) {
          const focused = await page.evaluate(() => {
            const element = document.activeElement
            if (!(element instanceof HTMLElement) || element === document.body) return undefined
            const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined
            const boxes = element.parentElement?.querySelector(".boxes i.at")
            const shown = getComputedStyle(boxes ?? element)
            return {
              name: (element.getAttribute("aria-label") ?? label ?? element.textContent).trim(),
              seen: shown.outlineStyle !== "none" || shown.boxShadow !== "none",
            }
          })
          if (focused) expect(focused).toMatchObject({ seen: true })
          if (focused?.name === name) return
          await keyboard.press("Tab")
        }
        throw new Error(`no way to ${name} by keyboard`)
      }
      const enter = async (): Promise<void> => {
        const arrived = page.waitForEvent("framenavigated")
        await keyboard.press("Enter")
        await arrived
        await page.waitForLoadState()
      }
      await open(walk, "/sign-up")
      // The cursor stands where the person begins; a browser sets it shortly after the page has come.
      const inHand = () => page.evaluate(() => document.activeElement?.getAttribute("name"))
      await expect.poll(inHand, { timeout: 10_000 }).toBe("email")
      await keyboard.type(email)
      await tabTo("Password")
      await keyboard.type(password)
      await enter()
      await page.goto((await server.mails.latestTo(email)).links[0] ?? "")
      await tabTo("Confirm my address")
      await enter()
      await tabTo("Password")
      await keyboard.type("not this one")
      await enter()
      // After a refusal the focus is on what it says.
      const role = () => page.evaluate(() => document.activeElement?.getAttribute("role"))
      await expect.poll(role, { timeout: 10_000 }).toBe("alert")
      await tabTo("Password")
      await keyboard.type(password)
      await enter()
      await tabTo("Add authenticator app")
      await enter()
      const uri = await keyOnPage(walk)
      await tabTo("Type the code")
      const arrived = page.waitForEvent("framenavigated")
      await keyboard.type(nextCode(walk, uri))
      await arrived
      await tabTo("I have saved these codes")
      await keyboard.press("Space")
      await tabTo("Save and continue")
      await enter()
      await tabTo("Sign out")
      await enter()
      await page.getByText("You are signed out.").waitFor()
    })
  })

  test("the code field: pasted with a blank, typed anew after a refusal, sent once", async () => {
    const ends = async (): Promise<void> => undefined
    await withServer(browser, ends, { context: { locale: "en-GB" } }, async (walk) => {
      const { page, server, context } = walk
      const { email, app } = await server.createUser({ totp: true, password })
      await signIn(walk, email)
      const input = page.getByLabel("Code", { exact: true })
      expect(await input.getAttribute("inputmode")).toBe("numeric")
      expect(await input.getAttribute("autocomplete")).toBe("one-time-code")
      expect(await input.getAttribute("maxlength")).toBeNull()

      await input.fill("12")
      await page.keyboard.press("Enter")
      await page.getByText("A code has 6 digits.").waitFor()
      // What was typed stands there marked, so that the next key replaces it.
      expect(await input.inputValue()).toBe("12")
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("code")

      let posts = 0
      page.on("request", (request) => void (posts += Number(request.method() === "POST")))
      await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url })
      const code = app.code()
      await page.evaluate((text) => navigator.clipboard.writeText(text), `${code.slice(0, 3)} ${code.slice(3)}\n`)
      await input.focus()
      await page.keyboard.press("ControlOrMeta+KeyV")
      await page.getByRole("heading", { level: 1, name: "Security" }).waitFor()
      expect(posts).toBe(1)
    })
  })

  test("a pressed button says what is happening and can't be pressed twice", async () => {
    const ends = async (): Promise<void> => undefined
    await withServer(browser, ends, { context: { locale: "en-GB" } }, async (walk) => {
      const { page, server } = walk
      const { email } = await server.createUser({ password })
      let posts = 0
      await page.route("**/account/sign-in", async (route) => {
        if (route.request().method() === "POST") {
          posts++
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
        await route.continue()
      })
      await open(walk, "/sign-in")
      await page.getByLabel("Email address").fill(email)
      await page.getByLabel("Password", { exact: true }).fill(password)
      await page.evaluate(() => {
        const button = document.querySelector("button.main")
        new MutationObserver(() => {
          sessionStorage.setItem("said", `${button?.textContent} ${button?.getAttribute("aria-disabled")}`)
        }).observe(document.body, { subtree: true, childList: true, attributes: true })
      })
      await page.getByRole("button", { name: "Sign in" }).dblclick({ noWaitAfter: true })
      await page.getByRole("heading", { level: 1, name: "Security" }).waitFor()
      expect(await page.evaluate(() => sessionStorage.getItem("said"))).toBe("Signing in … true")
      expect(posts).toBe(1)
    })
  })

  test("a reload or the way back never sends a form again", async () => {
    const ends = async (): Promise<void> => undefined
    await withServer(browser, ends, { context: { locale: "en-GB" } }, async (walk) => {
      const { page, server } = walk
      const { email, app } = await server.createUser({ totp: true, password })
      const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor()
      const posts: string[] = []
      await signIn(walk, email, "not this one")
      page.on("request", (request) => void (request.method() === "POST" && posts.push(request.url())))
      await page.reload()
      await heading("Sign in")
      await signIn(walk, email)
      await page.goBack()
      await heading("Sign in")
      await page.goForward()
      await heading("Enter your code")
      await page.reload()
      await heading("Enter your code")
      await page.getByLabel("Code", { exact: true }).fill(app.code())
      await heading("Security")
      // Back to where the code was asked for: that is over, and one is signed in.
      await page.goBack()
      await heading("Security")
      await open(walk, "/sign-in")
      await heading("Security")
      expect(posts.map((url) => new URL(url).pathname)).toEqual(["/account/sign-in", "/account/second-step"])
    })
  })

  test("after signing in the person lands in the app that they came from, and only in one that is allowed", async () => {
    const app = createServer((_, response) => response.end("<!doctype html><title>The shelf</title>"))
    await new Promise<void>((resolve) => void app.listen(0, "127.0.0.1", resolve))
    const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
    const ends = async (): Promise<void> => undefined
    try {
      await withServer(browser, ends, { server: { allowedOrigins: [origin] } }, async (walk) => {
        const { page, server } = walk
        const { email, app: authenticator } = await server.createUser({ totp: true, password })
        const comeFrom = async (target: string): Promise<void> => {
          await open(walk, `/sign-in?${new URLSearchParams({ return_to: target }).toString()}`)
          await send(walk, "/sign-in", { email, password })
          server.clock.advance(31)
          await page.locator('[name="code"]').fill(authenticator.code())
          await page.waitForURL((url) => !url.pathname.startsWith("/account/second-step"))
          await walk.context.clearCookies()
        }
        await comeFrom(`${origin}/shelf?book=1`)
        expect(page.url()).toBe(`${origin}/shelf?book=1`)
        for (const elsewhere of [
          "https://evil.example",
          "//evil.example",
          `${origin}.evil.example`,
          "/\\evil.example",
        ]) {
          await comeFrom(elsewhere)
          expect(new URL(page.url()).origin).toBe(server.url)
        }
      })
    } finally {
      app.close()
    }
  })

  test("the language can be chosen on every page, and is kept", async () => {
    const ends = async (): Promise<void> => undefined
    await withServer(browser, ends, { context: { locale: "fr-FR" } }, async (walk) => {
      const { page, server } = walk
      const { email } = await server.createUser({ password })
      await open(walk, "/sign-in?return_to=%2Faccount%2Factivity")
      expect(await page.getAttribute("html", "lang")).toBe("en")
      await page.getByRole("button", { name: "Deutsch" }).click()
      await page.getByRole("heading", { level: 1, name: "Anmelden" }).waitFor()
      expect(new URL(page.url()).searchParams.get("return_to")).toBe("/account/activity")
      await send(walk, "/sign-in", { email, password })
      expect(await page.getAttribute("html", "lang")).toBe("de")
      expect(new URL(page.url()).pathname).toBe("/account/activity")
      // What the account says comes before what the browser was told.
      await open(walk, "/profile")
      await send(walk, "/profile", { locale: "en" })
      expect(await page.getAttribute("html", "lang")).toBe("en")
    })
  })

  test("a page with all that it needs stays small, and the script is a comfort of under 3 kB on the wire", async () => {
    const weights: number[] = []
    const look: Look = async (page, _state, { url }) => {
      const paths = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("link[href], script[src]")].map(
          (element) => element.getAttribute("href") ?? element.getAttribute("src") ?? "",
        ),
      )
      let weight = gzipSync(await page.content()).length
      for (const path of paths) {
        const response = await fetch(url + path)
        const body = Buffer.from(await response.arrayBuffer())
        expect(response.headers.get("cache-control")).toContain("immutable")
        expect(path).toMatch(/\.[\w-]{12}\.(css|js|svg)$/)
        if (path.endsWith(".js")) expect(gzipSync(body).length).toBeLessThan(3_000)
        weight += gzipSync(body).length
      }
      weights.push(weight)
    }
    await withServer(browser, look, {}, async (walk) => {
      const { email } = await walk.server.createUser({ password })
      await open(walk, "/sign-in")
      await walk.look("sign-in")
      await signIn(walk, email)
      await send(walk, "/factors")
      await walk.look("app")
      await addFirstApp(walk)
      await walk.look("security")
    })
    for (const weight of weights) expect(weight).toBeLessThan(15_000)
  })
})
