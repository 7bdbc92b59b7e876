/** An action that takes a code each time: a walk through examples/dynamic-style-react in a browser. */
import assert from "node:assert/strict"
import { app, end, person, story } from "../../walking.ts"
import { accept, addApp, alert, button, domains, enterCode, heading, password } from "./pages.ts"

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

await end()
