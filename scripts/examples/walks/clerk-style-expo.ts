/** A walk through the web export of examples/clerk-style-expo, with codes and a QR reader that are not ours. */
import assert from "node:assert/strict"
import type { Locator, Page } from "playwright-core"
import { app, end, person, story, type Person, type Story } from "../walking.ts"

// Screens that were left stay in the page, hidden: only what is seen counts.
const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true })
const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true })
const says = (page: Page, text: string) => page.getByText(text).filter({ visible: true }).first().waitFor()
const alert = (within: Page | Locator, text: RegExp) => within.getByRole("alert").filter({ hasText: text }).waitFor()
const dialog = (page: Page) => page.getByRole("dialog", { name: "Confirm it’s you" })
const qrCode = (page: Page) => page.getByRole("img", { name: "QR code for your authenticator app" })

const password = async ({ page }: Story, { email, password: secret }: Person): Promise<void> => {
  await page.getByLabel("Email address").fill(email)
  await page.getByLabel("Password").fill(secret)
  await button(page, "Sign in").click()
}

const signIn = async (told: Story, someone: Person): Promise<void> => {
  await told.page.goto(app)
  await password(told, someone)
  await heading(told.page, "Home").waitFor()
}

const shownCodes = async (page: Page): Promise<string[]> => {
  await heading(page, "Save your recovery codes").waitFor()
  return await page.getByRole("listitem").allTextContents()
}

const saveCodes = async (page: Page): Promise<void> => {
  await page.getByRole("checkbox", { name: "I have saved these codes" }).click()
  await button(page, "Done").click()
  await heading(page, "Two-step verification").first().waitFor()
}

/** Adds an authenticator app from the QR code on; gives what was in it, and the recovery codes that were shown. */
const addApp = async (told: Story): Promise<{ uri: string; codes: string[] }> => {
  await qrCode(told.page).waitFor()
  const uri = await told.scan()
  await told.page.getByLabel("Code from the app").fill(told.code(uri))
  return { uri, codes: await shownCodes(told.page) }
}

/** Somebody with an app, signed in with their password, on the security screen. */
const enrolled = async (told: Story): Promise<{ someone: Person; uri: string; codes: string[] }> => {
  const { page } = told
  const someone = await person()
  await signIn(told, someone)
  await button(page, "Manage").click()
  await button(page, "Add").click()
  const added = await addApp(told)
  await saveCodes(page)
  await says(page, "10 left")
  return { someone, ...added }
}

const home = async (page: Page): Promise<void> => {
  await page.goto(app)
  await heading(page, "Home").waitFor()
}

const signOut = async (page: Page): Promise<void> => {
  await home(page)
  await button(page, "Sign out").click()
  await heading(page, "Sign in").waitFor()
}

const unlock = async (told: Story): Promise<number> =>
  (
    await told.context.request.post(`${app}/api/unlock`, { headers: { authorization: "Bearer made.up.token" } })
  ).status()

// In development the bundle is made when it is asked for, which takes longer than a page may.
const [, bundle = ""] = /<script src="([^"]+)"/.exec(await (await fetch(app)).text()) ?? []
await (await fetch(new URL(bundle, app))).arrayBuffer()

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

await story("The front door takes a fresh code", async (told) => {
  const { page, step, later, requests } = told
  const { uri } = await enrolled(told)

  await step("a made-up token opens nothing", async () => assert.equal(await unlock(told), 401))
  await step("right after a code it opens", async () => {
    await home(page)
    await button(page, "Unlock").click()
    await page.getByText("Open", { exact: true }).waitFor()
    await told.look("open")
  })
  await step("later a code is asked for; cancelled, it stays locked", async () => {
    later(11)
    await home(page)
    await button(page, "Unlock").dblclick()
    await dialog(page).getByLabel("Code").waitFor()
    assert.equal(await dialog(page).count(), 1)
    await told.look("fresh-code")
    await button(dialog(page), "Cancel").click()
    await alert(page, /nothing was changed/)
    await says(page, "Locked.")
    assert.equal(await dialog(page).count(), 0)
    await told.look("fresh-code-cancelled")
  })
  await step("a wrong code is said there, the right one opens it, once", async () => {
    requests("POST", "/api/unlock")
    await button(page, "Unlock").click()
    await dialog(page).getByLabel("Code").fill(told.wrongCode(uri))
    await alert(dialog(page), /not right/)
    await told.look("fresh-code-refused")
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    await page.getByText("Open", { exact: true }).waitFor()
    // One that was refused for want of a fresh code, and one that was not.
    assert.equal(requests("POST", "/api/unlock"), 2)
  })
  await step("a reload with the question open leaves everything as it was", async () => {
    later(11)
    await home(page)
    await button(page, "Unlock").click()
    await dialog(page).getByLabel("Code").waitFor()
    await told.headings()
    await page.reload()
    await says(page, "Locked.")
    assert.ok(!(await told.headings()).includes("Sign in"))
  })
})

await story("New recovery codes and removing the app, behind a fresh code", async (told) => {
  const { page, step, later, requests } = told
  const { someone, uri, codes: old } = await enrolled(told)
  let fresh: string[] = []

  await step("a double click asks once, by itself, and makes one new set", async () => {
    later(11)
    requests("POST", "/v1/step-up")
    await button(page, "Make new ones").dblclick()
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    fresh = await shownCodes(page)
    assert.equal(new Set([...fresh, ...old]).size, 20)
    assert.equal(requests("POST", "/v1/step-up"), 1)
    await saveCodes(page)
  })
  await step("the new codes are good, the old ones dead", async () => {
    await signOut(page)
    await password(told, someone)
    await button(page, "Use a recovery code instead").click()
    await page.getByLabel("Recovery code").fill(old[3] ?? "")
    await button(page, "Continue").click()
    await alert(page, /not right/)
    await page.getByLabel("Recovery code").fill(fresh[3] ?? "")
    await button(page, "Continue").click()
    await heading(page, "Home").waitFor()
    await button(page, "Manage").click()
    await says(page, "9 left")
  })
  await step("it is asked once what removing will do; cancelled, the app stays", async () => {
    later(11)
    await button(page, "Remove").click()
    await says(page, "Your password alone")
    await told.look("remove")
    await button(page, "Keep it").click()
    await button(page, "Remove").click()
    await button(page, "Remove the app").click()
    await dialog(page).getByLabel("Code").waitFor()
    await button(dialog(page), "Cancel").click()
    await alert(page, /nothing was changed/)
    await page.reload()
    await says(page, "9 left")
  })
  await step("with a code it is gone, without a reload, and another can be added", async () => {
    requests("DELETE", /^\/v1\/factors\//)
    await button(page, "Remove").click()
    await button(page, "Remove the app").dblclick()
    await dialog(page).getByLabel("Code").fill(told.code(uri))
    await says(page, "Off. Any app")
    assert.equal(await page.getByText("Recovery codes").filter({ visible: true }).count(), 0)
    assert.equal(requests("DELETE", /^\/v1\/factors\//), 2)
    await button(page, "Add").click()
    await dialog(page).getByLabel("Password").fill(someone.password)
    await button(dialog(page), "Confirm").click()
    await addApp(told)
    await saveCodes(page)
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
