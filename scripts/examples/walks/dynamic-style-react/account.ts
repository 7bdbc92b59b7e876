/** Turning it on and signing in, by account: a walk through examples/dynamic-style-react in a browser. */
import assert from "node:assert/strict"
import { app, end, person, story } from "../../walking.ts"
import {
  alert,
  button,
  domains,
  enrolled,
  enterCode,
  half,
  heading,
  off,
  password,
  qr,
  shownCodes,
  signOut,
} from "./pages.ts"

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

await end()
