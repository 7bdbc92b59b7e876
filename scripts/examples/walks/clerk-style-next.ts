/** A walk through examples/clerk-style-next in a browser, with codes and a QR reader that are not ours. */
import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import { app, end, person, story, type Person, type Story } from "../walking.ts"

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true })
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true })
const alert = (page: Page, text: RegExp) => page.getByRole("alert").filter({ hasText: text }).first().waitFor()
const qrCode = (page: Page) => page.getByRole("img", { name: "QR code for your authenticator app" })
const dialog = (page: Page) => page.getByRole("dialog", { name: "Confirm it’s you" })

const password = async ({ page }: Story, { email, password: secret }: Person): Promise<void> => {
  await page.getByLabel("Email address").fill(email)
  await page.getByLabel("Password").fill(secret)
  await button(page, "Sign in").click()
}

/** Signs in somebody who has no second factor, and waits for where it leads. */
const signInTo = async (told: Story, someone: Person, path: string, title: string): Promise<void> => {
  await told.page.goto(`${app}${path}`)
  if (path !== "/") await told.page.getByRole("link", { name: "Sign in" }).click()
  await password(told, someone)
  await heading(told.page, title).waitFor()
}

/** Adds an authenticator app from the add page on; gives its address and the recovery codes that were shown. */
const addApp = async (told: Story): Promise<{ uri: string; codes: string[] }> => {
  const { page } = told
  await qrCode(page).waitFor()
  const uri = await told.scan()
  await page.getByLabel("Code from the app").fill(told.code(uri))
  const codes = await shownCodes(page)
  return { uri, codes }
}

const shownCodes = async (page: Page): Promise<string[]> => {
  await heading(page, "Save your recovery codes").waitFor()
  return await page.locator(".codes li").allTextContents()
}

const saveCodes = async (page: Page): Promise<void> => {
  await page.getByLabel("I have saved these codes").check()
  await button(page, "Done").click()
  await heading(page, "Two-step verification").waitFor()
}

/** Somebody with an app, signed in with their password, on the manage page. */
const enrolled = async (told: Story): Promise<{ someone: Person; uri: string; codes: string[] }> => {
  const someone = await person()
  await signInTo(told, someone, "/account/manage-mfa", "Two-step verification")
  await told.page.getByRole("link", { name: "Add" }).click()
  const added = await addApp(told)
  await saveCodes(told.page)
  return { someone, ...added }
}

await story("Turning two-step verification on", async (told) => {
  const { page, step, requests } = told
  const someone = await person()
  let first = ""
  let codes: string[] = []

  await step("a page for the signed-in leads to the sign-in page and back", async () => {
    await page.goto(app)
    await heading(page, "Sign in").waitFor()
    assert.equal(new URL(page.url()).pathname, "/sign-in")
    await told.look("sign-in")
  })
  await step("a wrong password is said", async () => {
    await password(told, { ...someone, password: "not the password at all" })
    await alert(page, /not right|wrong|do not match|don.t match|incorrect/i)
    await told.look("sign-in-refused")
  })
  await step("a double click signs in once", async () => {
    requests("POST", "/auth/v1/sign-in")
    await page.getByLabel("Password").fill(someone.password)
    await button(page, "Sign in").dblclick()
    await heading(page, "Back office").waitFor()
    assert.equal(requests("POST", "/auth/v1/sign-in"), 1)
    await told.look("home")
  })
  await step("after a reload nothing looks signed out, not for a moment", async () => {
    await told.headings()
    await page.reload()
    await page.getByText(someone.email).waitFor()
    assert.deepEqual(await told.headings(), ["Back office"])
    const html = await (await told.context.request.get(app)).text()
    assert.ok(html.includes(someone.email), "the server's own page says who is signed in")
  })
  await step("the manage page says that it is off", async () => {
    await page.getByRole("link", { name: "Manage" }).click()
    await page.getByText("Off. Any app").waitFor()
    assert.equal(await page.getByText("Recovery codes").count(), 0)
    await page.reload()
    await page.getByText("Off. Any app").waitFor()
    await told.look("manage-off")
  })
  await step("adding shows one QR code, made by one request", async () => {
    await page.getByRole("link", { name: "Add" }).click()
    await qrCode(page).waitFor()
    first = await told.scan()
    const uri = new URL(first)
    assert.equal(uri.protocol, "otpauth:")
    assert.equal(uri.searchParams.get("issuer"), "Heron Books")
    assert.equal(requests("POST", "/auth/v1/factors"), 1)
    await told.look("add")
  })
  await step("the key in words is the one in the QR code", async () => {
    await page.getByText("Can’t scan it?").click()
    const key = (await page.locator(".key").textContent()) ?? ""
    assert.equal(key.replaceAll(" ", ""), new URL(first).searchParams.get("secret"))
    assert.equal(await page.getByRole("link", { name: "Open an authenticator" }).getAttribute("href"), first)
    await told.look("add-by-hand")
  })
  await step("an empty and a wrong code are said, and the QR code stays", async () => {
    await button(page, "Turn on").click()
    await alert(page, /Enter the code/)
    await page.getByLabel("Code from the app").fill(told.wrongCode(first))
    await alert(page, /not right/)
    await told.look("add-refused")
    assert.equal(await told.scan(), first)
    assert.equal(requests("POST", "/auth/v1/factors"), 0)
  })
  await step("a reload shows another secret, and does not kill the one that was scanned", async () => {
    await page.reload()
    await qrCode(page).waitFor()
    assert.notEqual(await told.scan(), first)
    requests("POST", "/auth/v1/factors/confirm")
    await page.getByLabel("Code from the app").fill(told.code(first))
    // Full, it has sent itself: pressing the button as well is the second press.
    await button(page, "Turn on")
      .click({ timeout: 500 })
      .catch(() => undefined)
    codes = await shownCodes(page)
    assert.equal(requests("POST", "/auth/v1/factors/confirm"), 1)
  })
  await step("ten recovery codes, all different, and no going on before they are saved", async () => {
    assert.equal(codes.length, 10)
    assert.equal(new Set(codes).size, 10)
    assert.ok(await button(page, "Done").isDisabled())
    assert.equal(requests("POST", "/auth/v1/recovery-codes"), 0)
    await told.look("codes")
  })
  await step("they can be copied and downloaded", async () => {
    await told.context.grantPermissions(["clipboard-read", "clipboard-write"])
    await button(page, "Copy").click()
    await button(page, "Copied").waitFor()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join("\n"))
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ])
    assert.equal(download.suggestedFilename(), "heron-books-codes.txt")
  })
  await step("then it is on, here and after a reload, and the codes are not shown again", async () => {
    await saveCodes(page)
    await page.getByText("10 left").waitFor()
    await page.reload()
    await page.getByText("10 left").waitFor()
    const html = await page.content()
    assert.ok(codes.every((code) => !html.includes(code) && !html.includes(code.replace("-", ""))))
    await told.look("manage-on")
  })
  await step("the add page has nothing to add, and makes no secret", async () => {
    requests("POST", "/auth/v1/factors")
    await page.goto(`${app}/account/manage-mfa/add`)
    await heading(page, "Your authenticator app is on").waitFor()
    assert.equal(requests("POST", "/auth/v1/factors"), 0)
    await told.look("add-done")
  })
})

await story("Reloading where the codes are shown", async (told) => {
  const { page, step } = told
  const someone = await person()
  await signInTo(told, someone, "/account/manage-mfa/add", "Add an authenticator app")
  await addApp(told)
  await step("they are gone, the app is on, and new ones can be made at once", async () => {
    await page.reload()
    await heading(page, "Your authenticator app is on").waitFor()
    await button(page, "Manage two-step verification").click()
    await button(page, "Make new ones").click()
    assert.equal((await shownCodes(page)).length, 10)
    assert.equal(await dialog(page).count(), 0)
  })
  await step("a reload there leaves the new set on", async () => {
    await page.reload()
    await page.getByText("10 left").waitFor()
  })
})

await story("Signing in with a second factor", async (told) => {
  const { page, step, requests } = told
  const { someone, uri, codes } = await enrolled(told)

  await step("signing out leads to the sign-in page, and the pages are closed", async () => {
    await button(page, "Sign out").click()
    await heading(page, "Sign in").waitFor()
    await page.goto(`${app}/account/manage-mfa`)
    await heading(page, "Sign in first").waitFor()
    await told.look("sign-in-first")
    assert.equal((await told.context.request.post(`${app}/api/payout`)).status(), 401)
  })
  await step("after the password a code is asked for, also after a reload", async () => {
    await page.getByRole("link", { name: "Sign in" }).click()
    await password(told, someone)
    await heading(page, "Enter your code").waitFor()
    await told.headings()
    await page.reload()
    await heading(page, "Enter your code").waitFor()
    assert.deepEqual(await told.headings(), ["Enter your code"])
    await told.look("second-step")
  })
  await step("half a sign-in opens nothing", async () => {
    const other = await told.context.newPage()
    await other.goto(`${app}/account/manage-mfa`)
    await heading(other, "Sign in first").waitFor()
    await other.close()
    assert.equal((await told.context.request.post(`${app}/api/payout`)).status(), 401)
  })
  await step("a wrong code is said, and the right one typed over it passes once", async () => {
    await page.getByLabel("Code", { exact: true }).fill(told.wrongCode(uri))
    await alert(page, /not right/)
    await told.look("second-step-refused")
    requests("POST", "/auth/v1/challenge/answer")
    await page.keyboard.type(told.code(uri))
    await heading(page, "Two-step verification").waitFor()
    assert.equal(new URL(page.url()).pathname, "/account/manage-mfa")
    assert.equal(requests("POST", "/auth/v1/challenge/answer"), 1)
  })
  await step("a recovery code that was shown signs in, once", async () => {
    const [code = ""] = codes
    for (const passes of [true, false]) {
      await button(page, "Sign out").click()
      await password(told, someone)
      await button(page, "Use a recovery code instead").click()
      await page.getByLabel("Recovery code").fill(code.toLowerCase())
      await button(page, "Continue").click()
      if (passes) await heading(page, "Back office").waitFor()
      else await alert(page, /used|not right/)
    }
    await told.look("recovery-code-refused")
  })
  await step("somebody else can sign in instead", async () => {
    await button(page, "Sign in as somebody else").click()
    await heading(page, "Sign in").waitFor()
    await password(told, await person())
    await heading(page, "Back office").waitFor()
  })
})

await story("New recovery codes, behind a fresh code", async (told) => {
  const { page, step, later, requests } = told
  const { someone, uri, codes: old } = await enrolled(told)
  let fresh: string[] = []

  await step("when the proof has grown old a double click asks once", async () => {
    later(11)
    requests("POST", "/auth/v1/step-up")
    await button(page, "Make new ones").dblclick()
    await dialog(page).getByLabel("Code").waitFor()
    assert.equal(await dialog(page).count(), 1)
    assert.equal(requests("POST", "/auth/v1/step-up"), 1)
    await told.look("step-up")
  })
  await step("cancelled, nothing has changed, and it can be pressed again", async () => {
    await dialog(page).getByRole("button", { name: "Cancel" }).click()
    await button(page, "Make new ones").waitFor()
    await page.getByText("10 left").waitFor()
    assert.equal(await dialog(page).count(), 0)
    assert.equal(await page.locator(".error").filter({ hasText: /./ }).count(), 0)
  })
  await step("a reload with the question open leaves everything as it was", async () => {
    await button(page, "Make new ones").click()
    await dialog(page).getByLabel("Code").waitFor()
    await told.headings()
    await page.reload()
    await page.getByText("10 left").waitFor()
    assert.deepEqual(await told.headings(), ["Two-step verification"])
  })
  await step("a wrong code is said there; the right one makes one new set", async () => {
    await button(page, "Make new ones").click()
    await dialog(page).getByLabel("Code").fill(told.wrongCode(uri))
    await dialog(page)
      .getByRole("alert")
      .filter({ hasText: /not right/ })
      .waitFor()
    await told.look("step-up-refused")
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    fresh = await shownCodes(page)
    assert.equal(new Set([...fresh, ...old]).size, 20)
    await saveCodes(page)
  })
  await step("the new codes are good, the old ones dead", async () => {
    await button(page, "Sign out").click()
    await password(told, someone)
    await button(page, "Use a recovery code instead").click()
    await page.getByLabel("Recovery code").fill(old[3] ?? "")
    await button(page, "Continue").click()
    await alert(page, /not right/)
    await page.getByLabel("Recovery code").fill(fresh[3] ?? "")
    await button(page, "Continue").click()
    await heading(page, "Back office").waitFor()
    await page.getByRole("link", { name: "Manage" }).click()
    await page.getByText("9 left").waitFor()
  })
})

await story("Removing the app, behind a fresh code", async (told) => {
  const { page, step, later, requests } = told
  const { someone, uri } = await enrolled(told)
  const other = await told.context.newPage()
  await other.goto(`${app}/account/manage-mfa`)
  await other.getByText("10 left").waitFor()
  await page.bringToFront()

  await step("it is asked once what will happen, and can be kept", async () => {
    await button(page, "Remove").click()
    await page.getByText("Your password alone will").waitFor()
    await told.look("remove")
    await button(page, "Keep it").click()
    await button(page, "Remove").waitFor()
  })
  await step("cancelled, it stays", async () => {
    later(11)
    await button(page, "Remove").click()
    await button(page, "Remove the app").click()
    await dialog(page).getByLabel("Code").waitFor()
    await page.keyboard.press("Escape")
    await button(page, "Remove the app").waitFor()
    await page.reload()
    await page.getByText("10 left").waitFor()
  })
  await step("with a code it is gone, by one request, without a reload, in the other tab too", async () => {
    requests("DELETE", /^\/auth\/v1\/factors\//)
    await button(page, "Remove").click()
    await button(page, "Remove the app").dblclick()
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    await page.getByText("Off. Any app").waitFor()
    await other.getByText("Off. Any app").waitFor()
    assert.equal(await page.getByText("Recovery codes").count(), 0)
    // One that was refused for want of a fresh code, and one that was not.
    assert.equal(requests("DELETE", /^\/auth\/v1\/factors\//), 2)
  })
  await step("another app can be added afterwards, with the password, which is all there is by now", async () => {
    await page.getByRole("link", { name: "Add" }).click()
    await dialog(page).getByLabel("Password").fill(someone.password)
    await dialog(page).getByRole("button", { name: "Confirm" }).click()
    await addApp(told)
    await saveCodes(page)
  })
})

await story("What needs a fresh code", async (told) => {
  const { page, step, later, requests } = told
  const { uri } = await enrolled(told)
  await page.getByRole("link", { name: "Heron Books" }).click()
  await heading(page, "Back office").waitFor()

  await step("right after a code it is done at once", async () => {
    await button(page, "Pay out").click()
    await page.getByRole("status").getByText("Paid out").waitFor()
    await told.look("paid-out")
  })
  await step("later it is asked for; cancelled, nothing is paid out", async () => {
    later(11)
    await page.reload()
    await button(page, "Pay out").click()
    await dialog(page).getByLabel("Code").waitFor()
    await dialog(page).getByRole("button", { name: "Cancel" }).click()
    await button(page, "Pay out").waitFor()
    assert.equal(await page.getByText("Paid out").count(), 0)
  })
  await step("confirmed, it is done once, also after a double click", async () => {
    requests("POST", "/api/payout")
    await button(page, "Pay out").dblclick()
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    await page.getByRole("status").getByText("Paid out").waitFor()
    assert.equal(requests("POST", "/api/payout"), 2)
  })
  await step("and for a while it is not asked again", async () => {
    await page.reload()
    await button(page, "Pay out").click()
    await page.getByRole("status").getByText("Paid out").waitFor()
    assert.equal(await dialog(page).count(), 0)
  })
})

await story("Without an app the password is the fresh proof", async (told) => {
  const { page, step, later } = told
  const someone = await person()
  await signInTo(told, someone, "/", "Back office")

  await step("paying out asks for it", async () => {
    later(11)
    await button(page, "Pay out").click()
    await dialog(page).getByLabel("Password").fill("not the password at all")
    await dialog(page).getByRole("button", { name: "Confirm" }).click()
    await dialog(page).getByRole("alert").filter({ hasText: /./ }).waitFor()
    await told.look("step-up-password")
    await dialog(page).getByLabel("Password").fill(someone.password)
    await dialog(page).getByRole("button", { name: "Confirm" }).click()
    await page.getByRole("status").getByText("Paid out").waitFor()
  })
  await step("so does adding an app; cancelled, there is no secret, and it can be tried again", async () => {
    later(11)
    await page.goto(`${app}/account/manage-mfa/add`)
    await dialog(page).getByLabel("Password").waitFor()
    assert.equal(await dialog(page).count(), 1)
    await dialog(page).getByRole("button", { name: "Cancel" }).click()
    await button(page, "Try again").waitFor()
    await told.look("add-cancelled")
    await button(page, "Try again").click()
    await dialog(page).getByLabel("Password").fill(someone.password)
    await dialog(page).getByRole("button", { name: "Confirm" }).click()
    await addApp(told)
    await saveCodes(page)
  })
})

await story("Where a second factor is demanded", async (told) => {
  const { page, step } = told
  const someone = await person(["manager"])
  await step("it is set up before anything else, also after a reload", async () => {
    await page.goto(app)
    await password(told, someone)
    await heading(page, "Add an authenticator app").waitFor()
    await page.reload()
    await qrCode(page).waitFor()
    assert.equal((await told.context.request.post(`${app}/api/payout`)).status(), 401)
  })
  await step("its codes are shown, and then everything is open", async () => {
    await addApp(told)
    await saveCodes(page)
    await page.getByText(someone.email).waitFor()
    await page.getByText("10 left").waitFor()
    await page.goto(app)
    await button(page, "Pay out").click()
    await page.getByRole("status").getByText("Paid out").waitFor()
  })
})

await story("What Countersign brings along", async (told) => {
  const { page, step } = told
  await step("its pages are on the app's own address", async () => {
    await page.goto(`${app}/sign-in`)
    await page.getByRole("link", { name: "Create an account" }).click()
    await page.waitForURL(`${app}/auth/account/sign-up`)
    await page.getByRole("heading", { level: 1 }).waitFor()
    assert.ok(await page.evaluate(() => document.styleSheets.length > 0))
    await page.goto(`${app}/auth/account/forgot`)
    await page.getByRole("heading", { level: 1 }).waitFor()
  })
  await step("who is faster than the page's script has typed and pressed for good", async () => {
    const slow = await told.context.newPage()
    await slow.route("**/_next/**", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      await route.continue().catch(() => undefined)
    })
    await slow.goto(`${app}/sign-in?return_to=/account/manage-mfa`, { waitUntil: "commit" })
    const someone = await person()
    await slow.getByLabel("Email address").fill(someone.email)
    await slow.getByLabel("Password").fill(someone.password)
    await button(slow, "Sign in").click()
    await heading(slow, "Two-step verification").waitFor()
    await button(slow, "Sign out").click()
    await heading(slow, "Sign in").waitFor()
    await slow.close()
  })
  await step("a link to another site is not followed after signing in", async () => {
    await page.goto(`${app}/sign-in?return_to=${encodeURIComponent("//example.org/")}`)
    await password(told, await person())
    await heading(page, "Back office").waitFor()
    assert.equal(new URL(page.url()).origin, app)
  })
})

await end()
