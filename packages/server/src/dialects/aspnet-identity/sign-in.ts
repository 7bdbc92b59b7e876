import type { SignIn, Source } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Call, CookieChange, Reply } from "../dialect.ts"
import { machineCookie, sessionCookie, signedIn } from "./acting.ts"
import { BindingFailed, demandAnyBody, readBody, readQuery } from "./binding.ts"
import { signInProblem } from "./errors.ts"
import type { Parts } from "./registration.ts"

type Complete = Extract<SignIn, { status: "complete" }>
type Codes = { readonly twoFactorCode: string | undefined; readonly twoFactorRecoveryCode: string | undefined }

/**
 * `POST login`, both steps: the second one repeats address and password. The challenge between the two begins and ends
 * within one request, and the engine counts and spends as for any other door.
 */
export const login =
  (parts: Parts) =>
  async (call: Call): Promise<Reply | Response> => {
    const { engine, settings } = parts
    const query = readQuery(call)
    const [useCookies, useSessionCookies] = [query.flag("useCookies"), query.flag("useSessionCookies")]
    const body = await readBody(call)
    const [email, password] = [body.required("email"), body.required("password")]
    const codes = {
      twoFactorCode: body.text("twoFactorCode"),
      twoFactorRecoveryCode: body.text("twoFactorRecoveryCode"),
    }
    if (email === null || password === null) throw new BindingFailed()

    const persistent = useCookies && !useSessionCookies
    const first = await engine.signIn.withPassword(
      { email, password, persistent, deviceToken: call.deviceToken },
      call.source,
    )
    const done = await secondStep(parts, first, { codes, persistent, source: call.source })
    if (done === "RequiresTwoFactor") return signInProblem(done)

    if (!useCookies && !useSessionCookies)
      return { status: 200, json: tokenSet(await engine.sessions.issuePair(done.session.id, lifeOf(parts))) }
    const now = settings.now()
    const cookies: CookieChange[] = [sessionCookie(done.token, done.session, now)]
    const { seconds } = engine.settings.rememberedDevice
    if (done.deviceToken !== undefined) cookies.push(machineCookie(done.deviceToken, seconds, now))
    return { status: 200, cookies }
  }

/** What follows the right password. The authenticator's code decides where both codes were sent. */
const secondStep = async (
  { engine }: Parts,
  first: SignIn,
  { codes, persistent, source }: { codes: Codes; persistent: boolean; source: Source },
): Promise<Complete | "RequiresTwoFactor"> => {
  if (first.status === "complete") return first
  const challenge = { token: first.token }
  if (first.status === "enrolment") return completed(await engine.signIn.postpone(challenge, source))
  const { twoFactorCode, twoFactorRecoveryCode } = codes
  if (twoFactorCode) {
    // The wire remembers a machine without asking, where the cookie is to last as well.
    const input = { challenge, kind: "totp", answer: twoFactorCode, rememberDevice: persistent }
    return completed(await engine.signIn.answer(input, source))
  }
  if (twoFactorRecoveryCode) {
    const input = { challenge, kind: "recovery-code", answer: twoFactorRecoveryCode, persistent: false }
    return completed(await engine.signIn.answer(input, source))
  }
  return "RequiresTwoFactor"
}

const completed = (signIn: SignIn): Complete => {
  if (signIn.status !== "complete") throw new CountersignError("code_incorrect")
  return signIn
}

/** `POST refresh`: a new pair for a refresh token, which is used up. */
export const refresh =
  (parts: Parts) =>
  async (call: Call): Promise<Reply> => {
    const token = (await readBody(call)).required("refreshToken")
    const pair = token ? await parts.engine.sessions.refresh(token, lifeOf(parts), call.source) : undefined
    if (pair === undefined) throw new CountersignError("unauthenticated")
    return { status: 200, json: tokenSet(pair) }
  }

/** `POST logout`: ends the session. The remembered machine stays one. */
export const logout = ({ engine }: Parts) =>
  signedIn(engine, async (call, { via, token }) => {
    await demandAnyBody(call)
    await engine.sessions.signOut(token, call.source)
    return { status: 200, cookies: via === "cookie" ? [{ name: "session", value: null }] : [] }
  })

const lifeOf = ({ own }: Parts) => ({ accessSeconds: own.accessSeconds, refreshSeconds: own.refreshSeconds })

const tokenSet = (pair: { accessToken: string; expiresIn: number; refreshToken: string }) => ({
  tokenType: "Bearer",
  accessToken: pair.accessToken,
  expiresIn: pair.expiresIn,
  refreshToken: pair.refreshToken,
})
