/** What a sign-in owes: a walk through examples/dynamic-style-react in a browser. */
import assert from "node:assert/strict"
import { app, end, person, story, way } from "../../walking.ts"
import {
  accept,
  addApp,
  alert,
  button,
  domains,
  enterCode,
  half,
  heading,
  password,
  qr,
  shownCodes,
  signOut,
} from "./pages.ts"

await story("Where a second factor is demanded", async (told) => {
  const { page, step, requests } = told
  const someone = await person(["manager"])
  let first = ""
  let codes: string[] = []

  await step("it is set up before anything else, with one secret", async () => {
    await page.goto(app)
    await password(told, someone)
    await qr(page).waitFor()
    first = await told.scan()
    assert.equal(requests("POST", "/v1/factors"), 1)
    assert.equal(await button(page, "Not now").count(), 0)
    assert.equal((await told.context.request.get(`${app}/v1/factors`)).status(), 401)
  })
  await step("a reload shows another one, and does not kill the one that was scanned", async () => {
    await told.headings()
    await page.reload()
    await qr(page).waitFor()
    assert.notEqual(await told.scan(), first)
    assert.deepEqual(await told.headings(), ["Add an authenticator app"])
    assert.equal(requests("POST", "/v1/factors"), 1)
    await button(page, "Continue").click()
    await enterCode(page, told.code(first))
    codes = await shownCodes(page)
  })
  await step("not before the codes are accepted is anything else open, also after a reload", async () => {
    await page.reload()
    assert.deepEqual(await shownCodes(page), codes)
    assert.equal(await page.getByRole("link", { name: "Security" }).count(), 0)
    assert.equal(requests("POST", "/v1/recovery-codes"), 0)
  })
  await step("then everything is, and the codes are good", async () => {
    await accept(page)
    await heading(page, domains).waitFor()
    await signOut(page)
    await half(told, someone)
    await button(page, "Use a recovery code instead").click()
    await page.getByLabel("Recovery code").fill(codes[9] ?? "")
    await button(page, "Continue").click()
    await heading(page, domains).waitFor()
  })
  await step("the last app can't be removed", async () => {
    await page.getByRole("link", { name: "Security" }).click()
    await button(page, "Remove").click()
    await enterCode(page, told.code(first))
    await alert(page, /Add another first/)
    await button(page, "Keep it").click()
    await page.getByText("9 left").waitFor()
  })
})

await story("Without a connection", async (told) => {
  const { page, step } = told
  const someone = await person(["manager"])
  await step("what is owed is said to have failed, and can be tried again", async () => {
    await page.goto(app)
    await page.route("**/v1/factors", (route) => route.abort())
    await password(told, someone)
    await alert(page, /No connection/)
    await told.look("no-connection")
    await page.unroute("**/v1/factors")
    await button(page, "Try again").click()
    await addApp(told)
    await shownCodes(page)
    await accept(page)
    await heading(page, domains).waitFor()
  })
})

if (way === "as it is served")
  await story("What Countersign brings along", async (told) => {
    const { page, step } = told
    await step("its pages are on the app's own address", async () => {
      await page.goto(app)
      await page.getByRole("link", { name: "Create an account" }).click()
      await page.waitForURL(`${app}/account/sign-up`)
      await page.getByRole("heading", { level: 1 }).waitFor()
      assert.ok(await page.evaluate(() => document.styleSheets.length > 0))
    })
  })

await end()
