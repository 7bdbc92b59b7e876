import type { Call, Reply } from "../dialect.ts"
import { BindingFailed, readBody } from "./binding.ts"
import { resetCode } from "./mailed-links.ts"
import { alikeForAll, type Parts } from "./registration.ts"

/** `POST forgotPassword`: one answer for everybody; a mail to a confirmed address alone. */
export const forgotPassword =
  ({ engine }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const email = (await readBody(call)).required("email")
    if (email === null) throw new BindingFailed()
    await alikeForAll(engine.users.requestReset({ email, linkFor: resetCode, confirmedOnly: true }, call.source))
    return { status: 200 }
  }

/** `POST resetPassword`: a lock outlasts it, and the second factor stays. */
export const resetPassword =
  ({ engine }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const body = await readBody(call)
    const [email, token, password] = [body.required("email"), body.required("resetCode"), body.required("newPassword")]
    if (email === null || token === null || password === null) throw new BindingFailed()
    await engine.users.resetPassword({ email, token, password, keepLock: true }, call.source)
    return { status: 200 }
  }
