import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

/**
 * A form's proof that it is ours. A browser keeps a random seed in a cookie of its own; a form carries a MAC under it
 * over who the browser was when the form was made, so that a form from before a sign-in does nothing after it.
 * (OWASP CSRF cheat sheet: signed double submit, bound to the session.) The origin guard stands before it.
 */
export const seedCookie = "form"

export const newSeed = (): string => randomBytes(32).toString("base64url")

/** Whom a form belongs to: a session, or nobody yet. */
export const boundTo = (sessionId: string | undefined): string =>
  sessionId === undefined ? "guest" : `session ${sessionId}`

export const formTokenOf = (seed: string, bound: string): string =>
  createHmac("sha256", seed).update(`countersign form\n${bound}`).digest("base64url")

export const isFormToken = (seed: string | undefined, bound: readonly string[], shown: string | undefined): boolean => {
  if (seed === undefined || seed.length < 43 || shown === undefined) return false
  const given = Buffer.from(shown)
  return bound.some((one) => {
    const wanted = Buffer.from(formTokenOf(seed, one))
    return wanted.length === given.length && timingSafeEqual(wanted, given)
  })
}
