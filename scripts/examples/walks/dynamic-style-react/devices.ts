/** Several apps, and new recovery codes: a walk through examples/dynamic-style-react in a browser. */
import assert from "node:assert/strict"
import { end, story } from "../../walking.ts"
import {
  accept,
  addApp,
  alert,
  button,
  dialog,
  enrolled,
  enterCode,
  half,
  heading,
  off,
  security,
  shownCodes,
  signOut,
} from "./pages.ts"

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

await end()
