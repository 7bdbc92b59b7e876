/** Turning it on, and signing in: a walk through examples/clerk-style-expo in a browser. */
import assert from "node:assert/strict"
import { app, end, person, story } from "../../walking.ts"
import {
  addApp,
  alert,
  button,
  enrolled,
  heading,
  home,
  password,
  qrCode,
  saveCodes,
  says,
  shownCodes,
  signIn,
  signOut,
} from "./screens.ts"

await story("Turning two-step verification on", async (told) => {
  const { page, step, requests } = told
  const someone = await person()
  let first = ""
  let codes: string[] = []

  await step("a screen for the signed-in leads to the sign-in screen", async () => {
    await page.goto(`${app}/security`)
    await heading(page, "Sign in").waitFor()
    assert.deepEqual(await told.headings(), ["Sign in"])
    await told.look("sign-in")
  })
  await step("a wrong password is said", async () => {
    await password(told, { ...someone, password: "not the password at all" })
    await alert(page, /don.t match/)
    await told.look("sign-in-refused")
  })
  await step("a double click signs in once", async () => {
    requests("POST", "/v1/sign-in")
    await page.getByLabel("Password").fill(someone.password)
    await button(page, "Sign in").dblclick()
    await heading(page, "Home").waitFor()
    assert.equal(requests("POST", "/v1/sign-in"), 1)
    await told.look("home")
  })
  await step("after a reload the sign-in screen is not seen, not for a moment", async () => {
    await told.headings()
    await page.reload()
    await heading(page, "Home").waitFor()
    await page.goto(`${app}/security`)
    await says(page, "Off. Any app")
    assert.ok(!(await told.headings()).includes("Sign in"))
    await told.look("security-off")
  })
  await step("a double click on adding makes one secret", async () => {
    await button(page, "Add").dblclick()
    await qrCode(page).waitFor()
    first = await told.scan()
    assert.equal(new URL(first).searchParams.get("issuer"), "Wren")
    assert.equal(requests("POST", "/v1/factors"), 1)
    await told.look("add")
  })
  await step("the key in words is the one in the QR code", async () => {
    const key = new URL(first).searchParams.get("secret") ?? ""
    await says(page, key.match(/.{1,4}/g)?.join(" ") ?? "")
  })
  await step("a wrong code is said, and the QR code stays", async () => {
    await page.getByLabel("Code from the app").fill(told.wrongCode(first))
    await alert(page, /not right/)
    await told.look("add-refused")
    assert.equal(await told.scan(), first)
    assert.equal(requests("POST", "/v1/factors"), 0)
  })
  await step("a reload shows another secret, and does not kill the one that was scanned", async () => {
    await page.reload()
    await qrCode(page).waitFor()
    assert.notEqual(await told.scan(), first)
    requests("POST", "/v1/factors/confirm")
    await page.getByLabel("Code from the app").pressSequentially(told.code(first))
    codes = await shownCodes(page)
    assert.equal(requests("POST", "/v1/factors/confirm"), 1)
  })
  await step("ten recovery codes, all different, and no going on before they are saved", async () => {
    assert.equal(codes.length, 10)
    assert.equal(new Set(codes).size, 10)
    assert.ok(await button(page, "Done").isDisabled())
    assert.equal(requests("POST", "/v1/recovery-codes"), 0)
    await told.look("codes")
  })
  await step("they can be copied", async () => {
    await told.context.grantPermissions(["clipboard-read", "clipboard-write"])
    await button(page, "Copy").click()
    await button(page, "Copied").waitFor()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join("\n"))
  })
  await step("then it is on, here and after a reload, and the codes are not shown again", async () => {
    await saveCodes(page)
    await says(page, "10 left")
    await page.reload()
    await says(page, "10 left")
    const html = await page.content()
    assert.ok(codes.every((code) => !html.includes(code) && !html.includes(code.replace("-", ""))))
    await told.look("security-on")
  })
  await step("the add screen has nothing to add, and makes no secret", async () => {
    requests("POST", "/v1/factors")
    await page.goto(`${app}/add-mfa`)
    await heading(page, "Your authenticator app is on").waitFor()
    assert.equal(requests("POST", "/v1/factors"), 0)
    await told.look("add-done")
    await button(page, "Manage two-step verification").click()
    await says(page, "10 left")
  })
  await step("nothing secret is in web storage", async () => {
    assert.equal(await page.evaluate(() => localStorage.length), 0)
    const kept = await page.evaluate(() => Object.values(sessionStorage).join("\n"))
    assert.ok(!/cs[a-z]_|secret/.test(kept))
  })
})

await story("Signing in with a second factor", async (told) => {
  const { page, step, requests } = told
  const { someone, uri, codes } = await enrolled(told)

  await step("after the password a code is asked for, also after a reload", async () => {
    await signOut(page)
    await password(told, someone)
    await heading(page, "Enter your code").waitFor()
    await told.headings()
    await page.reload()
    await heading(page, "Enter your code").waitFor()
    assert.deepEqual(await told.headings(), ["Enter your code"])
    await told.look("second-step")
  })
  await step("half a sign-in opens nothing", async () => {
    await page.goto(`${app}/security`)
    await heading(page, "Enter your code").waitFor()
    assert.equal((await told.context.request.get(`${app}/v1/factors`)).status(), 401)
    assert.equal((await told.context.request.post(`${app}/v1/session/token`)).status(), 401)
  })
  await step("a wrong code is said, and the right one passes once", async () => {
    await page.getByLabel("Code", { exact: true }).fill(told.wrongCode(uri))
    await alert(page, /not right/)
    await told.look("second-step-refused")
    requests("POST", "/v1/challenge/answer")
    await page.getByLabel("Code", { exact: true }).pressSequentially(told.code(uri))
    await heading(page, "Home").waitFor()
    assert.equal(requests("POST", "/v1/challenge/answer"), 1)
  })
  await step("a recovery code that was shown signs in, once", async () => {
    for (const passes of [true, false]) {
      await signOut(page)
      await password(told, someone)
      await button(page, "Use a recovery code instead").click()
      await page.getByLabel("Recovery code").fill(codes[0]?.toLowerCase() ?? "")
      await button(page, "Continue").click()
      if (passes) await heading(page, "Home").waitFor()
      else await alert(page, /used|not right/)
    }
    await told.look("backup-code-refused")
  })
  await step("somebody else can sign in instead", async () => {
    await button(page, "Sign in as somebody else").click()
    await password(told, await person())
    await heading(page, "Home").waitFor()
  })
})

await story("Where a second factor is demanded", async (told) => {
  const { page, step, requests } = told
  const someone = await person(["manager"])

  await step("it is set up before anything else, with one secret, also after a reload", async () => {
    await page.goto(app)
    await password(told, someone)
    await qrCode(page).waitFor()
    assert.equal(requests("POST", "/v1/factors"), 1)
    await page.goto(app)
    await qrCode(page).waitFor()
    assert.equal(await button(page, "Not now").count(), 0)
    assert.equal((await told.context.request.post(`${app}/v1/session/token`)).status(), 401)
  })
  await step("who won't can sign out, and comes back to it", async () => {
    await button(page, "Sign out").click()
    await heading(page, "Sign in").waitFor()
    await page.reload()
    await password(told, someone)
  })
  await step("its codes are shown, and then everything is open", async () => {
    const { codes } = await addApp(told)
    assert.equal(codes.length, 10)
    await saveCodes(page)
    await says(page, "10 left")
    await home(page)
    await button(page, "Unlock").click()
    await page.getByText("Open", { exact: true }).waitFor()
  })
})

await story("Without a connection", async (told) => {
  const { page, step } = told
  await step("the app says so, and goes on when there is one", async () => {
    await signIn(told, await person())
    await page.route("**/v1/session", (route) => route.abort())
    await page.reload()
    await says(page, "There is no connection.")
    await told.look("no-connection")
    await page.unroute("**/v1/session")
    await button(page, "Try again").click()
    await heading(page, "Home").waitFor()
    assert.ok(!(await told.headings()).slice(1).includes("Sign in"))
  })
})

await end()
