/** A walk through examples/dynamic-style-react in a browser, with codes and a QR reader that are not ours. */
import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import { app, end, person, story, way, type Person, type Story } from "../walking.ts"

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true })
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true })
const alert = (page: Page, text: RegExp) => page.getByRole("alert").filter({ hasText: text }).first().waitFor()
const dialog = (page: Page) => page.getByRole("dialog", { name: "Confirm it’s you" })
const qr = (page: Page) => page.getByRole("img", { name: "QR code for your authenticator app" })
const security = `${app}/#security`
const domains = "Your domains"
const off = /Your password alone signs you in/

const password = async ({ page }: Story, { email, password: secret }: Person): Promise<void> => {
  await page.getByLabel("Email address").fill(email)
  await page.getByLabel("Password").fill(secret)
  await button(page, "Sign in").click()
}

const enterCode = async (page: Page, code: string): Promise<void> => page.getByLabel("Code", { exact: true }).fill(code)

const shownCodes = async (page: Page): Promise<string[]> => {
  await heading(page, "Save your recovery codes").waitFor()
  return await page.locator(".codes li").allTextContents()
}

const accept = async (page: Page): Promise<void> => {
  await page.getByLabel("I have saved these codes").check()
  await button(page, "Continue").click()
}

/** From the QR code on the page to the code that confirms it; gives what was in the QR code. */
const addApp = async (told: Story): Promise<string> => {
  await qr(told.page).waitFor()
  const uri = await told.scan()
  await button(told.page, "Continue").click()
  await enterCode(told.page, told.code(uri))
  return uri
}

/** Somebody with one app, signed in, on the security page. */
const enrolled = async (told: Story): Promise<{ someone: Person; uri: string; codes: string[] }> => {
  const { page } = told
  const someone = await person()
  await page.goto(security)
  await password(told, someone)
  await button(page, "Add an authenticator app").click()
  const uri = await addApp(told)
  const codes = await shownCodes(page)
  await accept(page)
  await page.getByText("10 left").waitFor()
  return { someone, uri, codes }
}

const signOut = async (page: Page): Promise<void> => {
  await button(page, "Sign out").click()
  await heading(page, "Sign in").waitFor()
}

/** Signs in up to the second step. */
const half = async (told: Story, someone: Person): Promise<void> => {
  await password(told, someone)
  await heading(told.page, "Enter your code").waitFor()
}

await story("Turning two-step verification on", async (told) => {
  const { page, step, requests } = told
  const someone = await person()
  let first = ""
  let codes: string[] = []

  await step("a wrong password is said", async () => {
    await page.goto(app)
    await heading(page, "Sign in").waitFor()
    await told.look("sign-in")
    await password(told, { ...someone, password: "not the password at all" })
    await alert(page, /don.t match/)
    await told.look("sign-in-refused")
  })
  await step("a double click signs in once", async () => {
    requests("POST", "/v1/sign-in")
    await page.getByLabel("Password").fill(someone.password)
    await button(page, "Sign in").dblclick()
    await heading(page, domains).waitFor()
    assert.equal(requests("POST", "/v1/sign-in"), 1)
    await told.look("domains")
  })
  await step("after a reload nothing looks signed out, not for a moment", async () => {
    await told.headings()
    await page.reload()
    await heading(page, domains).waitFor()
    assert.deepEqual(await told.headings(), [domains])
  })
  await step("the security page says that it is off", async () => {
    await page.getByRole("link", { name: "Security" }).click()
    await page.getByText(off).waitFor()
    await page.reload()
    await page.getByText(off).waitFor()
    assert.equal(await page.getByText("Recovery codes").count(), 0)
    await told.look("security-off")
  })
  await step("a double click on adding makes one secret", async () => {
    await button(page, "Add an authenticator app").dblclick()
    await qr(page).waitFor()
    first = await told.scan()
    assert.equal(new URL(first).protocol, "otpauth:")
    assert.equal(new URL(first).searchParams.get("issuer"), "Larch Domains")
    assert.equal(requests("POST", "/v1/factors"), 1)
    await told.look("qr-code")
  })
  await step("the key in words is the one in the QR code", async () => {
    await page.getByText("Can’t scan it?").click()
    const key = (await page.locator(".key").textContent()) ?? ""
    assert.equal(key.replaceAll(" ", ""), new URL(first).searchParams.get("secret"))
    assert.equal(await page.getByRole("link", { name: "Open an authenticator" }).getAttribute("href"), first)
    await told.look("qr-code-by-hand")
  })
  await step("an empty and a wrong code are said, and the QR code is still there to be seen", async () => {
    await button(page, "Continue").click()
    await told.look("otp")
    await button(page, "Turn on").click()
    await alert(page, /./)
    await enterCode(page, told.wrongCode(first))
    await alert(page, /not right/)
    assert.match(await page.title(), /^Error: Add an authenticator app/)
    await told.look("otp-refused")
    await button(page, "Show the QR code again").click()
    assert.equal(await told.scan(), first)
    assert.equal(requests("POST", "/v1/factors"), 0)
  })
  await step("a reload goes back to where it began, with nothing added", async () => {
    await page.reload()
    await page.getByText(off).waitFor()
  })
  await step("another QR code does not kill the one that was scanned", async () => {
    await button(page, "Add an authenticator app").click()
    await qr(page).waitFor()
    assert.notEqual(await told.scan(), first)
    await button(page, "Continue").click()
    requests("POST", "/v1/factors/confirm")
    await enterCode(page, told.code(first))
    // Full, it has sent itself: pressing the button as well is the second press.
    await button(page, "Turn on")
      .click({ timeout: 500 })
      .catch(() => undefined)
    codes = await shownCodes(page)
    assert.equal(requests("POST", "/v1/factors/confirm"), 1)
  })
  await step("ten recovery codes, all different, and no going on before they are saved", async () => {
    assert.equal(codes.length, 10)
    assert.equal(new Set(codes).size, 10)
    assert.ok(await button(page, "Continue").isDisabled())
    await told.look("backup-codes")
  })
  await step("a reload shows the same ones again, and no other page before", async () => {
    await told.headings()
    await page.reload()
    assert.deepEqual(await shownCodes(page), codes)
    assert.deepEqual(await told.headings(), ["Save your recovery codes"])
    assert.equal(requests("POST", "/v1/recovery-codes"), 0)
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
    assert.equal(download.suggestedFilename(), "larch-domains-recovery-codes.txt")
  })
  await step("accepted with a double click, they are not shown again", async () => {
    await page.getByLabel("I have saved these codes").check()
    requests("POST", "/v1/recovery-codes/acknowledge")
    await button(page, "Continue").dblclick()
    await page.getByText("10 left").waitFor()
    assert.equal(requests("POST", "/v1/recovery-codes/acknowledge"), 1)
    await told.headings()
    await page.reload()
    await page.getByText("10 left").waitFor()
    assert.deepEqual(await told.headings(), ["Two-step verification"])
    const html = await page.content()
    assert.ok(codes.every((code) => !html.includes(code) && !html.includes(code.replace("-", ""))))
    await told.look("security-on")
  })
  await step("nothing secret is in web storage", async () => {
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0)
  })
})

await story("Signing in with a second factor", async (told) => {
  const { page, step, requests } = told
  const { someone, uri, codes } = await enrolled(told)

  await step("after the password a code is asked for, also after a reload", async () => {
    await signOut(page)
    await half(told, someone)
    await told.headings()
    await page.reload()
    await heading(page, "Enter your code").waitFor()
    assert.deepEqual(await told.headings(), ["Enter your code"])
    await told.look("second-step")
  })
  await step("half a sign-in opens nothing", async () => {
    for (const path of ["/v1/factors", "/v1/me", "/v1/sessions"])
      assert.equal((await told.context.request.get(`${app}${path}`)).status(), 401)
    assert.equal(await page.getByRole("link", { name: "Security" }).count(), 0)
  })
  await step("a wrong code is said, and the right one typed over it passes once", async () => {
    await enterCode(page, told.wrongCode(uri))
    await alert(page, /not right/)
    await told.look("second-step-refused")
    requests("POST", "/v1/challenge/answer")
    await page.keyboard.type(told.code(uri))
    await page.getByText("10 left").waitFor()
    assert.equal(requests("POST", "/v1/challenge/answer"), 1)
    assert.equal(requests("POST", "/v1/recovery-codes"), 0)
  })
  await step("a recovery code that was shown signs in, once", async () => {
    for (const passes of [true, false]) {
      await signOut(page)
      await half(told, someone)
      await button(page, "Use a recovery code instead").click()
      await page.getByLabel("Recovery code").fill(codes[0]?.toLowerCase() ?? "")
      await button(page, "Continue").click()
      if (passes) await page.getByText("9 left").waitFor()
      else await alert(page, /used|not right/)
    }
    await told.look("backup-code-refused")
  })
  await step("who signs out half-way starts over, also after a reload", async () => {
    await signOut(page)
    await page.reload()
    await heading(page, "Sign in").waitFor()
    await password(told, await person())
    await page.getByText(off).waitFor()
  })
})

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

await story("Several apps", async (told) => {
  const { page, step, later, requests } = told
  const { someone, uri, codes } = await enrolled(told)
  let second = ""

  await step("when the proof has grown old, adding another asks once; cancelled, nothing has changed", async () => {
    later(11)
    requests("POST", "/v1/step-up")
    await button(page, "Add another app").dblclick()
    await dialog(page).getByLabel("Code").waitFor()
    assert.equal(await dialog(page).count(), 1)
    assert.equal(requests("POST", "/v1/step-up"), 1)
    await told.look("fresh-code")
    await dialog(page).getByRole("button", { name: "Cancel" }).click()
    await alert(page, /nothing was changed/)
    await told.look("fresh-code-cancelled")
  })
  await step("a reload with the question open leaves everything as it was", async () => {
    await button(page, "Add another app").click()
    await dialog(page).getByLabel("Code").waitFor()
    await told.headings()
    await page.reload()
    await page.getByText("10 left").waitFor()
    assert.deepEqual(await told.headings(), ["Two-step verification"])
  })
  await step("with a code it is added, and the recovery codes stay as they are", async () => {
    await button(page, "Add another app").click()
    await dialog(page).getByLabel("Code").fill(told.wrongCode(uri))
    await dialog(page)
      .getByRole("alert")
      .filter({ hasText: /not right/ })
      .waitFor()
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    second = await addApp(told)
    assert.notEqual(second, uri)
    await page.getByText("Asked for first").waitFor()
    await page.getByText("10 left").waitFor()
    assert.equal(await button(page, "Remove").count(), 2)
    await told.look("security-several")
  })
  await step("the other one can be asked for first", async () => {
    await button(page, "Ask for it first").click()
    const cards = page.getByRole("listitem").filter({ hasText: "Added on" })
    await cards.nth(1).getByText("Asked for first").waitFor()
    assert.equal(await cards.nth(0).getByText("Asked for first").count(), 0)
  })
  await step("removing takes a code; it can be kept", async () => {
    await button(page, "Remove").first().click()
    await told.look("remove")
    await button(page, "Keep it").click()
    await page.getByText("10 left").waitFor()
    assert.equal(await button(page, "Remove").count(), 2)
  })
  await step("a wrong code removes nothing, one from the other app does, in the other tab too", async () => {
    const other = await told.context.newPage()
    await other.goto(security)
    await button(other, "Remove").nth(1).waitFor()
    await page.bringToFront()
    await button(page, "Remove").first().click()
    await enterCode(page, told.wrongCode(uri))
    await alert(page, /not right/)
    requests("DELETE", /^\/v1\/factors\//)
    await page.keyboard.type(told.code(second))
    await heading(page, "Two-step verification").waitFor()
    await page.getByText("10 left").waitFor()
    assert.equal(await button(page, "Remove").count(), 1)
    assert.equal(requests("DELETE", /^\/v1\/factors\//), 1)
    await other.waitForFunction(() => document.querySelectorAll("li.card").length === 2)
    await other.close()
  })
  await step("the last one goes with a recovery code, and takes the codes along", async () => {
    await button(page, "Remove").click()
    await button(page, "Use a recovery code instead").click()
    await page.getByLabel("Recovery code").fill(codes[2] ?? "")
    await page.getByRole("button", { name: "Remove", exact: true }).click()
    await page.getByText(off).waitFor()
    assert.equal(await page.getByText("Recovery codes").count(), 0)
  })
  await step("another can be added afterwards, confirmed by the password, with codes of its own", async () => {
    await button(page, "Add an authenticator app").click()
    await dialog(page).getByLabel("Password").fill(someone.password)
    await dialog(page).getByRole("button", { name: "Confirm" }).click()
    await addApp(told)
    const fresh = await shownCodes(page)
    assert.equal(new Set([...fresh, ...codes]).size, 20)
  })
})

await story("New recovery codes, behind a fresh code", async (told) => {
  const { page, step, later, requests } = told
  const { someone, uri, codes: old } = await enrolled(told)
  let fresh: string[] = []

  await step("a double click asks once and makes one new set", async () => {
    later(11)
    await button(page, "Make new ones").dblclick()
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    fresh = await shownCodes(page)
    assert.equal(new Set([...fresh, ...old]).size, 20)
    // One that was refused for want of a fresh code, and one that was not.
    assert.equal(requests("POST", "/v1/recovery-codes"), 2)
  })
  await step("a reload shows the same ones, until they are accepted", async () => {
    await page.reload()
    assert.deepEqual(await shownCodes(page), fresh)
    await accept(page)
    await page.getByText("10 left").waitFor()
  })
  await step("they are good, and the old ones dead", async () => {
    await signOut(page)
    await half(told, someone)
    await button(page, "Use a recovery code instead").click()
    for (const [code, passes] of [
      [old[3], false],
      [fresh[3], true],
    ] as const) {
      await page.getByLabel("Recovery code").fill(code ?? "")
      await button(page, "Continue").click()
      if (passes) await page.getByText("9 left").waitFor()
      else await alert(page, /not right/)
    }
  })
})

await story("An action that takes a code each time", async (told) => {
  const { page, step, requests } = told
  const sent: { token: string; body: string }[] = []
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/transfer")
      sent.push({ token: request.headers()["x-mfa-auth-token"] ?? "", body: request.postData() ?? "" })
  })
  const send = async (token: string): Promise<number> =>
    (await told.context.request.post(`${app}/api/transfer`, { headers: { "x-mfa-auth-token": token } })).status()
  let uri = ""
  let used = ""

  await step("without an app it can't be done, and the page says what to do", async () => {
    await page.goto(app)
    await password(told, await person())
    await button(page, "Move away").first().click()
    await page.getByRole("status").getByText("takes a code").waitFor()
    await told.look("domains-without-app")
    assert.equal(sent.length, 0)
    assert.equal(await send(""), 403)
  })
  await step("there one is added", async () => {
    await page.getByRole("link", { name: "Add an authenticator app" }).click()
    await button(page, "Add an authenticator app").click()
    uri = await addApp(told)
    await accept(page)
    await page.getByText("10 left").waitFor()
  })
  await step("right after it a code is asked for all the same; cancelled, nothing is moved", async () => {
    await page.getByRole("link", { name: "Larch Domains" }).click()
    await button(page, "Move away").first().dblclick()
    await heading(page, "Move alder-and-rowan.example away").waitFor()
    await told.look("action")
    await button(page, "Keep it here").click()
    await heading(page, domains).waitFor()
    assert.equal(sent.length, 0)
  })
  await step("a reload while it asks moves nothing", async () => {
    await button(page, "Move away").first().click()
    await heading(page, "Move alder-and-rowan.example away").waitFor()
    await page.reload()
    await heading(page, domains).waitFor()
    assert.equal(await button(page, "Move away").count(), 2)
  })
  await step("a wrong code is said and makes no token, the right one makes one", async () => {
    await button(page, "Move away").first().click()
    await enterCode(page, told.wrongCode(uri))
    await alert(page, /not right/)
    assert.equal(sent.length, 0)
    requests("POST", "/v1/mfa-tokens")
    used = told.code(uri)
    await enterCode(page, used)
    await button(page, "Move it away")
      .click({ timeout: 500 })
      .catch(() => undefined)
    await page.getByRole("status").getByText("On its way").waitFor()
    assert.equal(requests("POST", "/v1/mfa-tokens"), 1)
    assert.equal(sent.length, 1)
    await told.look("moved")
  })
  await step("the token was good for one use", async () => {
    const [{ token } = { token: "" }] = sent
    assert.match(token, /^csm_/)
    assert.equal(await send(token), 403)
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0)
  })
  await step("a token for something else is not good for it", async () => {
    const response = await told.context.request.post(`${app}/v1/mfa-tokens`, { data: { singleUse: true } })
    assert.equal(response.status(), 201)
    assert.equal(await send(((await response.json()) as { token: string }).token), 403)
  })
  await step("a code that was used is said to be used, and the next domain takes the next one", async () => {
    await button(page, "Move away").click()
    await enterCode(page, used)
    await alert(page, /has been used/)
    await enterCode(page, told.code(uri))
    await page.getByRole("status").getByText("On its way").nth(1).waitFor()
    assert.equal(sent.length, 2)
    assert.notEqual(sent[0]?.token, sent[1]?.token)
    assert.equal(await button(page, "Move away").count(), 0)
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
