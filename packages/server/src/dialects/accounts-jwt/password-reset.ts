import type { Engine } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Call, DialectSettings, Reply } from "../dialect.ts"
import { clientPage, linkTo } from "./client-page.ts"
import { foreignPage, passwordsDiffer } from "./registration.ts"
import { readFields, ValidationFailed } from "./validation.ts"

type Parts = { engine: Engine; settings: DialectSettings }

const notAnAddress = "The Email field is not a valid e-mail address."

/** `POST forgotpassword`: one answer, whether or not there is an account. */
export const forgotPassword =
  ({ engine, settings }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const fields = readFields(await call.json())
    const email = fields.required("Email", "The Email field is required.")
    const asked = fields.required("ClientURI", "The ClientURI field is required.")
    const page = clientPage(asked, settings.allowedOrigins)
    if (asked !== "" && !page) fields.complain("ClientURI", foreignPage)
    fields.settle()

    try {
      await engine.users.requestReset({ email, linkFor: page && linkTo(page) }, call.source)
    } catch (error) {
      throw error instanceof CountersignError && error.code === "input_invalid"
        ? new ValidationFailed({ Email: [notAnAddress] })
        : error
    }
    return { status: 200 }
  }

/** `POST resetpassword` */
export const resetPassword =
  ({ engine }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const fields = readFields(await call.json())
    const password = fields.required("Password", "Password is required")
    if ((fields.text("ConfirmPassword") ?? "") !== password) fields.complain("ConfirmPassword", passwordsDiffer)
    const email = fields.text("Email")
    const token = fields.text("Token")
    fields.settle()

    // The original asks for neither beforehand, and fails later, as here.
    if (!email || !token) throw new CountersignError("link_invalid")
    await engine.users.resetPassword({ token, email, password }, call.source)
    return { status: 200 }
  }
