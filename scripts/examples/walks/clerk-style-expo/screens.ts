/** The screens of examples/clerk-style-expo, as the walks through its web export use them. */
import type { Locator, Page } from "playwright-core"
import { app, person, type Person, type Story } from "../../walking.ts"

// Screens that were left stay in the page, hidden: only what is seen counts.
export const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true })
export const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true })
export const says = (page: Page, text: string) => page.getByText(text).filter({ visible: true }).first().waitFor()
export const alert = (within: Page | Locator, text: RegExp) =>
  within.getByRole("alert").filter({ hasText: text }).waitFor()
export const dialog = (page: Page) => page.getByRole("dialog", { name: "Confirm it’s you" })
export const qrCode = (page: Page) => page.getByRole("img", { name: "QR code for your authenticator app" })

export const password = async ({ page }: Story, { email, password: secret }: Person): Promise<void> => {
  await page.getByLabel("Email address").fill(email)
  await page.getByLabel("Password").fill(secret)
  await button(page, "Sign in").click()
}

export const signIn = async (told: Story, someone: Person): Promise<void> => {
  await told.page.goto(app)
  await password(told, someone)
  await heading(told.page, "Home").waitFor()
}

export const shownCodes = async (page: Page): Promise<string[]> => {
  await heading(page, "Save your recovery codes").waitFor()
  return await page.getByRole("listitem").allTextContents()
}

export const saveCodes = async (page: Page): Promise<void> => {
  await page.getByRole("checkbox", { name: "I have saved these codes" }).click()
  await button(page, "Done").click()
  await heading(page, "Two-step verification").first().waitFor()
}

/** Adds an authenticator app from the QR code on; gives what was in it, and the recovery codes that were shown. */
export const addApp = async (told: Story): Promise<{ uri: string; codes: string[] }> => {
  await qrCode(told.page).waitFor()
  const uri = await told.scan()
  await told.page.getByLabel("Code from the app").fill(told.code(uri))
  return { uri, codes: await shownCodes(told.page) }
}

/** Somebody with an app, signed in with their password, on the security screen. */
export const enrolled = async (told: Story): Promise<{ someone: Person; uri: string; codes: string[] }> => {
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

export const home = async (page: Page): Promise<void> => {
  await page.goto(app)
  await heading(page, "Home").waitFor()
}

export const signOut = async (page: Page): Promise<void> => {
  await home(page)
  await button(page, "Sign out").click()
  await heading(page, "Sign in").waitFor()
}

export const unlock = async (told: Story): Promise<number> =>
  (
    await told.context.request.post(`${app}/api/unlock`, { headers: { authorization: "Bearer made.up.token" } })
  ).status()

// In development the bundle is made when it is asked for, which takes longer than a page may.
const [, bundle = ""] = /<script src="([^"]+)"/.exec(await (await fetch(app)).text()) ?? []
await (await fetch(new URL(bundle, app))).arrayBuffer()
