/** The pages of examples/dynamic-style-react, as the walks through them use them. */
import type { Page } from "playwright-core"
import { app, person, type Person, type Story } from "../../walking.ts"

export const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true })
export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true })
export const alert = (page: Page, text: RegExp) => page.getByRole("alert").filter({ hasText: text }).first().waitFor()
export const dialog = (page: Page) => page.getByRole("dialog", { name: "Confirm it’s you" })
export const qr = (page: Page) => page.getByRole("img", { name: "QR code for your authenticator app" })
export const security = `${app}/#security`
export const domains = "Your domains"
export const off = /Your password alone signs you in/

export const password = async ({ page }: Story, { email, password: secret }: Person): Promise<void> => {
  await page.getByLabel("Email address").fill(email)
  await page.getByLabel("Password").fill(secret)
  await button(page, "Sign in").click()
}

export const enterCode = async (page: Page, code: string): Promise<void> =>
  page.getByLabel("Code", { exact: true }).fill(code)

export const shownCodes = async (page: Page): Promise<string[]> => {
  await heading(page, "Save your recovery codes").waitFor()
  return await page.locator(".codes li").allTextContents()
}

export const accept = async (page: Page): Promise<void> => {
  await page.getByLabel("I have saved these codes").check()
  await button(page, "Continue").click()
}

/** From the QR code on the page to the code that confirms it; gives what was in the QR code. */
export const addApp = async (told: Story): Promise<string> => {
  await qr(told.page).waitFor()
  const uri = await told.scan()
  await button(told.page, "Continue").click()
  await enterCode(told.page, told.code(uri))
  return uri
}

/** Somebody with one app, signed in, on the security page. */
export const enrolled = async (told: Story): Promise<{ someone: Person; uri: string; codes: string[] }> => {
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

export const signOut = async (page: Page): Promise<void> => {
  await button(page, "Sign out").click()
  await heading(page, "Sign in").waitFor()
}

/** Signs in up to the second step. */
export const half = async (told: Story, someone: Person): Promise<void> => {
  await password(told, someone)
  await heading(told.page, "Enter your code").waitFor()
}
