/** What takes a fresh code: a walk through examples/clerk-style-expo in a browser. */
import assert from "node:assert/strict"
import { end, story } from "../../walking.ts"
import {
  addApp,
  alert,
  button,
  dialog,
  enrolled,
  heading,
  home,
  password,
  saveCodes,
  says,
  shownCodes,
  signOut,
  unlock,
} from "./screens.ts"

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

await end()
