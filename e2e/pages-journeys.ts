import {
  addFirstApp,
  send,
  follow,
  keyOnPage,
  mailedCode,
  mailedLink,
  nextCode,
  open,
  password,
  signIn,
  type Walk,
  wrongCode,
} from "./pages-walk.ts"
import { createPasskeyAuthenticator, type PasskeyAnswer, type TestServerOptions } from "countersign/testing"

/** A way through the pages that comes to some of their states. Together they come to all. */
export type Journey = {
  readonly name: string
  readonly server?: TestServerOptions
  readonly walk: (walk: Walk) => Promise<void>
}

const email = "mara.lindqvist@example.com"
const minutes = 60

const codesOnPage = async ({ page }: Walk): Promise<string[]> =>
  (await page.locator(".codes li").allInnerTexts()).map((code) => code.trim())

const comingIn: Journey = {
  name: "coming in",
  async walk(walk) {
    const { look, server, page } = walk
    await open(walk, "/sign-in")
    await look("sign-in")
    await send(walk, "/sign-in", { email: "", password: "" })
    await look("sign-in-empty")
    await send(walk, "/sign-in", { email, password: "not this one" })
    await look("sign-in-refused")
    await open(walk, "/sign-up")
    await look("sign-up")
    await send(walk, "/sign-up", { email: "mara", password: "12345678" })
    await look("sign-up-refused-address")
    await send(walk, "/sign-up", { email, password: "12345678" })
    await look("sign-up-refused-password")
    await send(walk, "/sign-up", { email, password })
    await look("check-mail")
    await send(walk, "/check-mail")
    await look("check-mail-sent-again")
    await signIn(walk, email)
    await look("check-mail-unconfirmed")
    const link = await mailedLink(walk, email)
    await page.goto(link)
    await look("confirm")
    await send(walk, "/confirm-address")
    await look("sign-in-confirmed")
    await page.goto(link)
    await send(walk, "/confirm-address")
    await look("link-spent")

    await open(walk, "/forgot")
    await look("forgot")
    await send(walk, "/forgot", { email: "mara@" })
    await look("forgot-refused")
    await send(walk, "/forgot", { email })
    await look("check-mail-reset")
    await page.goto(await mailedLink(walk, email))
    await look("reset")
    await send(walk, "/reset-password", { password: "password1" })
    await look("reset-refused")
    await send(walk, "/reset-password", { password })
    await look("sign-in-after-reset")
    await open(walk, "/reset-password?token=spent")
    await send(walk, "/reset-password", { password })
    await look("reset-link-spent")

    await open(walk, "/sign-in?return_to=https%3A%2F%2Fbooks.example.com%2Fshelf")
    await look("sign-in-for-an-app")
    for (let tries = 0; tries < 6; tries++) await send(walk, "/sign-in", { email, password: "not this one" })
    await look("sign-in-locked")
    server.clock.advance(6 * minutes)
    await signIn(walk, email)
    await look("security-empty")
    await open(walk, "/no-such-page")
    await look("not-found")
    await open(walk, "/factors/no-such-factor")
    await look("nothing-there")
  },
  server: { allowedOrigins: ["https://books.example.com"] },
}

const setting: Journey = {
  name: "setting a second step up",
  async walk(walk) {
    const { look, server, page } = walk
    await server.createUser({ email, password })
    await signIn(walk, email)
    await open(walk, "/factors/app")
    await look("app-before")
    await send(walk, "/factors")
    await look("app")
    const uri = await keyOnPage(walk)
    await send(walk, "/factors/app", { name: "", code: "" })
    await look("app-empty")
    await send(walk, "/factors/app", { name: "Phone", code: wrongCode(walk, uri) })
    await look("app-wrong-code")
    server.clock.advance(90)
    const late = nextCode(walk, uri)
    server.clock.advance(80)
    await send(walk, "/factors/app", { name: "Phone", code: late })
    await look("app-clock-behind")
    await send(walk, "/factors/app", { name: "Phone", code: nextCode(walk, uri) })
    await look("codes")
    await send(walk, "/recovery-codes/saved")
    await look("codes-not-ticked")
    await open(walk, "")
    await look("security-codes-not-saved")
    await open(walk, "/recovery-codes")
    await send(walk, "/recovery-codes/saved", { saved: true })
    await look("security-with-app")
    await open(walk, "/recovery-codes")
    await look("codes-gone")
    await open(walk, "/recovery-codes/new")
    await look("codes-new")

    await open(walk, "")
    await send(walk, "/factors")
    await send(walk, "/factors/app", {
      name: "Tablet on the kitchen shelf",
      code: nextCode(walk, await keyOnPage(walk)),
    })
    await look("security-two-apps")
    await page.locator('form[action$="/factors"] input[value="email-code"] ~ button').click()
    await page.waitForLoadState()
    await look("mail")
    await send(walk, "/factors/mail", { code: "000000" })
    await look("mail-wrong-code")
    await send(walk, "/factors/mail", { code: await mailedCode(walk, email) })
    await look("security-many")
    await open(walk, "/factors/mail")
    await look("mail-before")

    await open(walk, "")
    await follow(walk, ".rows a.act")
    await look("factor")
  },
}

const changing: Journey = {
  name: "changing what is there",
  async walk(walk) {
    const { look, server, page } = walk
    await server.createUser({ email, password })
    await signIn(walk, email)
    const uri = await addFirstApp(walk)
    await follow(walk, ".rows a.act")
    const factor = new URL(page.url()).pathname.replace("/account", "")
    await send(walk, `${factor}/rename`, { name: "" })
    await look("rename-refused")
    // A change of what protects the account asks again after ten minutes, and keeps what was typed.
    server.clock.advance(11 * minutes)
    await send(walk, `${factor}/rename`, { name: "Old phone" })
    await look("step-up")
    await send(walk, "/step-up", { code: wrongCode(walk, uri) })
    await look("step-up-wrong-code")
    await send(walk, "/step-up/with")
    await look("step-up-recovery-code")
    await send(walk, "/step-up", { code: "not a code at all" })
    await look("step-up-recovery-code-malformed")
    await send(walk, "/step-up/with")
    await send(walk, "/step-up", { code: nextCode(walk, uri) })
    await look("security-renamed")
    if (!(await page.content()).includes("Old phone")) throw new Error("what was typed before the step-up is lost")

    await open(walk, `${factor}/remove`)
    await look("remove-last")
    await open(walk, "/password")
    await look("password")
    await send(walk, "/password", { current: "not this one", password: "a quiet boat before dawn" })
    await look("password-wrong-current")
    await send(walk, "/password", { current: password, password: "short" })
    await look("password-refused")
    await send(walk, "/password", { current: password, password: "a quiet boat before dawn" })
    await look("security-password-changed")
    await open(walk, "/address")
    await look("address")
    await send(walk, "/address", { email: "new address" })
    await look("address-refused")
    await send(walk, "/address", { email: "mara.new@example.com" })
    await look("check-mail-change")
    await page.goto(await mailedLink(walk, "mara.new@example.com"))
    await send(walk, "/confirm-address")
    await look("security-address-changed")
    await open(walk, "/profile")
    await look("profile")
    await send(walk, "/profile", { firstName: "Mara", lastName: "Lindqvist" })
    await look("security-profile-saved")

    await open(walk, "/recovery-codes/new")
    await send(walk, "/recovery-codes/new")
    await look("codes-made-new")
    await send(walk, "/recovery-codes/saved", { saved: true })
    await open(walk, "/activity")
    await look("activity")
    await open(walk, `${factor}/remove`)
    await send(walk, `${factor}/remove`)
    await look("security-removed")
    server.clock.advance(11 * minutes)
    await send(walk, "/factors")
    await look("step-up-password")
    await send(walk, "/step-up", { code: "not this one" })
    await look("step-up-password-wrong")
    await send(walk, "/step-up", { code: "a quiet boat before dawn" })
    await look("app-after-step-up")
    await send(walk, "/sign-out")
    await look("signed-out")
  },
}

const secondStep: Journey = {
  name: "the second step of signing in",
  async walk(walk) {
    const { look, server, page, context } = walk
    await server.createUser({ email, password })
    await signIn(walk, email)
    const uri = await addFirstApp(walk)
    await open(walk, "/recovery-codes/new")
    await send(walk, "/recovery-codes/new")
    const codes = await codesOnPage(walk)
    await send(walk, "/recovery-codes/saved", { saved: true })
    await page.locator('form[action$="/factors"] input[value="email-code"] ~ button').click()
    await page.waitForLoadState()
    await send(walk, "/factors/mail", { code: await mailedCode(walk, email) })
    await send(walk, "/sign-out")

    await signIn(walk, email)
    await look("code")
    await send(walk, "/second-step", { code: "" })
    await look("code-empty")
    await send(walk, "/second-step", { code: "12" })
    await look("code-malformed")
    await send(walk, "/second-step", { code: wrongCode(walk, uri) })
    await look("code-wrong")
    await follow(walk, 'a[href$="with=recovery-code"]')
    await look("code-recovery")
    await send(walk, "/second-step", { code: "22222-22222" })
    await look("code-recovery-wrong")
    await follow(walk, 'a[href$="with=email-code"]')
    await look("code-mail-before")
    await send(walk, "/second-step/start")
    await look("code-mail")
    await send(walk, "/second-step", { code: "000000" })
    await look("code-mail-wrong")
    server.clock.advance(40)
    await open(walk, "/second-step?with=email-code")
    await look("code-mail-can-be-sent-again")
    await send(walk, "/second-step", { remember: true, code: await mailedCode(walk, email) })
    await look("security-browser-remembered")
    await send(walk, "/sign-out")
    await signIn(walk, email)
    await look("security-not-asked-again")

    // From another browser: nothing is remembered there, and the first one stays signed in.
    await context.clearCookies()
    await signIn(walk, email)
    await follow(walk, 'a[href$="with=recovery-code"]')
    await send(walk, "/second-step", { code: codes[0] ?? "" })
    await look("security-after-recovery-code")
    await send(walk, "/sessions/end-others")
    await look("security-others-ended")
    await send(walk, "/sign-out")

    await signIn(walk, email)
    for (let tries = 0; tries < 4; tries++) await send(walk, "/second-step", { code: wrongCode(walk, uri) })
    await look("code-last-try")
    await send(walk, "/second-step", { code: wrongCode(walk, uri) })
    await look("code-tries-over")
    await signIn(walk, email)
    await send(walk, "/second-step", { code: wrongCode(walk, uri) })
    await look("code-locked")
    server.clock.advance(11 * minutes)
    await open(walk, "/second-step")
    await look("code-time-over")
  },
}

const demanded: Journey = {
  name: "a second step that is demanded",
  server: { secondFactor: "required", secondFactorFrom: Date.now() + 20 * 86_400_000 },
  async walk(walk) {
    const { look, server, page } = walk
    await server.createUser({ email, password })
    await signIn(walk, email)
    await look("enrol")
    await send(walk, "/enrol/later")
    await look("security-owed")
    await send(walk, "/sign-out")
    server.clock.advance(21 * 86_400)
    await signIn(walk, email)
    await look("enrol-now")
    await page.locator('input[value="email-code"] ~ button').click()
    await page.waitForLoadState()
    await look("enrol-mail")
    await open(walk, "/enrol")
    await send(walk, "/enrol")
    await look("enrol-app")
    const uri = await keyOnPage(walk)
    await send(walk, "/enrol/app", { name: "Phone", code: wrongCode(walk, uri) })
    await look("enrol-app-wrong-code")
    await send(walk, "/enrol/app", { name: "Phone", code: nextCode(walk, uri) })
    await look("enrol-codes")
    await send(walk, "/recovery-codes/saved", { saved: true })
    await look("security-enrolled")
    await follow(walk, ".rows a.act")
    await follow(walk, 'a[href$="/remove"]')
    await send(walk, new URL(page.url()).pathname.replace("/account", ""))
    await look("remove-refused")
  },
}

/** Sends the form that asks for a passkey as script would, from what the server asked. */
const answerPasskey = async ({ page }: Walk, answerTo: (options: unknown) => unknown): Promise<void> => {
  const form = page.locator("form[data-passkey]")
  const answer = JSON.stringify(answerTo(JSON.parse((await form.getAttribute("data-options")) ?? "")))
  const arrived = page.waitForEvent("framenavigated")
  await form.evaluate((element, text) => {
    const own = element as HTMLFormElement
    const field = own.elements.namedItem("answer")
    if (field instanceof HTMLInputElement) field.value = text
    own.submit()
  }, answer)
  await arrived
  await page.waitForLoadState()
}

const withPasskey: Journey = {
  name: "a passkey",
  server: { factors: ["passkey", "totp", "email-code"] },
  async walk(walk) {
    const { look, server, page } = walk
    const authenticator = createPasskeyAuthenticator({ origin: server.url })
    const create = (options: unknown): PasskeyAnswer => authenticator.create(options)
    const get = (options: unknown): PasskeyAnswer => authenticator.get(options)
    await server.createUser({ email, password })
    await signIn(walk, email)
    await look("security-empty-with-passkeys")
    await page.locator('form[action$="/factors"] input[value="passkey"] ~ button').click()
    await page.waitForLoadState()
    await look("passkey-add")
    await answerPasskey(walk, () => ({}))
    await look("passkey-add-refused")
    server.clock.advance(5 * minutes)
    await open(walk, "/factors/passkey")
    await look("passkey-before")
    await send(walk, "/factors")
    await answerPasskey(walk, create)
    await send(walk, "/recovery-codes/saved", { saved: true })
    await look("security-with-passkey")
    await send(walk, "/sign-out")

    await signIn(walk, email)
    await look("passkey")
    await answerPasskey(walk, (options) => authenticator.get(options, { challenge: "AAAA" }))
    await look("passkey-refused")
    await answerPasskey(walk, get)
    server.clock.advance(11 * minutes)
    await follow(walk, ".rows a.act")
    await follow(walk, 'a[href$="/remove"]')
    await look("passkey-remove")
    await send(walk, new URL(page.url()).pathname.replace("/account", ""))
    await look("step-up-passkey")
    await answerPasskey(walk, get)
    await look("security-passkey-removed")
  },
}

export const journeys: readonly Journey[] = [comingIn, setting, changing, secondStep, demanded, withPasskey]
