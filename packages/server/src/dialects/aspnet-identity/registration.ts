import type { Engine } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Call, DialectSettings, IdentitySettings, Reply } from "../dialect.ts"
import { BindingFailed, readBody, readQuery } from "./binding.ts"
import { confirmationLink } from "./mailed-links.ts"
import { ValidationFailed } from "./validation.ts"

export type Parts = { readonly engine: Engine; readonly settings: DialectSettings; readonly own: IdentitySettings }

/** `POST register`: the checks in the order of the wire, and a mail only where there is an account afterwards. */
export const register =
  (parts: Parts) =>
  async (call: Call): Promise<Reply> => {
    const body = await readBody(call)
    const [email, password] = [body.required("email"), body.required("password")]
    if (!email || !isAddress(email)) throw new ValidationFailed("InvalidEmail")
    if (password === null) throw new BindingFailed()

    const { engine, own } = parts
    const reasons = engine.users.judgePassword(password, { email })
    if (reasons.length > 0) {
      const { minimumLength } = engine.settings.password
      throw new CountersignError("password_rejected", { field: "password", reasons, minimumLength })
    }
    if (!isUserName(email)) throw new ValidationFailed("InvalidUserName")

    await call.countMail()
    const tellTaken = own.takenAddress === "told"
    await engine.users.signUp({ email, password, tellTaken, linkFor: confirmationLink(parts) }, call.source)
    return { status: 200 }
  }

/** As far as the original looks. What no mailbox is written like, the engine refuses all the same. */
export const isAddress = (text: string): boolean => {
  const at = text.indexOf("@")
  return at > 0 && at === text.lastIndexOf("@") && at < text.length - 1
}

const isUserName = (text: string): boolean => /^[A-Za-z0-9\-._@+]+$/.test(text)

/** `GET confirmEmail?userId=&code=&changedEmail=`. Signs nobody in: whoever opens the mail may be signed in as another. */
export const confirmEmail =
  ({ engine }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const query = readQuery(call)
    const [userId, token] = [query.required("userId"), query.required("code")]
    const changed = query.text("changedEmail")
    const about = changed ? ({ purpose: "address", email: changed } as const) : ({ purpose: "confirm" } as const)
    await engine.users.confirmAddress({ token, userId, ...about }, call.source)
    return { status: 200, text: "Thank you. Your email address is confirmed." }
  }

/** `POST resendConfirmationEmail`: one answer, whether or not there is an account. */
export const resendConfirmation =
  (parts: Parts) =>
  async (call: Call): Promise<Reply> => {
    const email = (await readBody(call)).required("email")
    if (email === null) throw new BindingFailed()
    const linkFor = confirmationLink(parts)
    await alikeForAll(parts.engine.users.requestConfirmation({ email, linkFor, evenConfirmed: true }, call.source))
    return { status: 200 }
  }

/** What is no address at all has no account either, and is answered like every other that has none. */
export const alikeForAll = async (work: Promise<void>): Promise<void> => {
  try {
    await work
  } catch (error) {
    const isNoAddress =
      error instanceof CountersignError && error.code === "input_invalid" && error.details.field === "email"
    if (!isNoAddress) throw error
  }
}
