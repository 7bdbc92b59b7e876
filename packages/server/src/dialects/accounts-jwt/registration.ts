import type { Engine } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { AccountsSettings, Call, DialectSettings, Reply } from "../dialect.ts"
import { clientPage, linkTo } from "./client-page.ts"
import { readFields, readQuery } from "./validation.ts"

type Parts = { engine: Engine; settings: DialectSettings; own: AccountsSettings }

export const passwordsDiffer = "The password and confirmation password do not match."
export const foreignPage = "The ClientURI field has to be a page on an allowed origin."

/** `POST registration` */
export const register =
  ({ engine, settings, own }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const fields = readFields(await call.json())
    const email = fields.required("Email", "Email is required.")
    const password = fields.required("Password", "Password is required")
    if ((fields.text("ConfirmPassword") ?? "") !== password) fields.complain("ConfirmPassword", passwordsDiffer)
    const firstName = fields.text("FirstName")
    const lastName = fields.text("LastName")
    const asked = fields.text("ClientURI")
    const page = clientPage(asked, settings.allowedOrigins)
    if (asked && !page) fields.complain("ClientURI", foreignPage)
    fields.settle()

    const linkFor = page && linkTo(page)
    const { created } = await engine.users.signUp({ email, password, firstName, lastName, linkFor }, call.source)
    // The engine has told the address's owner by mail; the answer is told in the wire's own way.
    if (!created && own.takenAddress === "told") throw new CountersignError("address_taken", { field: "email" })
    return { status: 201 }
  }

/** `GET emailconfirmation?email=&token=` */
export const confirmEmail =
  ({ engine, own }: Parts) =>
  async ({ url, source }: Call): Promise<Reply> => {
    const fields = readQuery(url.searchParams)
    // Clients that leave a plus sign as it is send a blank; no address of ours has one.
    const email = fields.required("email", "The email field is required.").trim().replaceAll(" ", "+")
    const token = fields.required("token", "The token field is required.")
    fields.settle()

    const before = await engine.users.find({ email })
    const user = await engine.users.confirmAddress({ token, email }, source)
    if (own.mailedCodeByDefault && before?.emailConfirmed === false) {
      const on = { actor: { type: "operator", name: "sign-up default" }, userId: user.id, source } as const
      if ((await engine.factors.list(on)).length === 0) await engine.factors.add(on, { kind: "email-code" })
    }
    return { status: 200 }
  }
