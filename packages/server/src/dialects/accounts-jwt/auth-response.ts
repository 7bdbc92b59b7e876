import type { Engine, SignIn } from "../../engine/engine.ts"
import type { AccountsSettings, Reply } from "../dialect.ts"

/** The answer of both steps. Every property is always there: clients compare with null. */
const authResponse = (
  change: Partial<{
    isAuthSuccessful: boolean
    errorMessage: string
    token: string
    is2StepVerificationRequired: boolean
    provider: Provider
  }>,
) => ({
  isAuthSuccessful: false,
  errorMessage: null,
  token: null,
  is2StepVerificationRequired: false,
  provider: null,
  ...change,
})

/** What can settle a sign-in, by the names that the wire knows them by. */
const kindsByProvider = { Email: "email-code", Authenticator: "totp", RecoveryCode: "recovery-code" } as const
export type Provider = keyof typeof kindsByProvider

/** The engine's kind behind a provider's name; undefined for a name that this wire does not have. */
export const kindOf = (provider: string): string | undefined =>
  Object.hasOwn(kindsByProvider, provider) ? kindsByProvider[provider as Provider] : undefined

/** The provider that a client is sent to its second page for: the best kind that the wire can speak of. */
export const providerFor = (kinds: readonly string[]): Exclude<Provider, "RecoveryCode"> | undefined => {
  const kind = kinds.find((candidate) => candidate === "email-code" || candidate === "totp")
  return kind && (kind === "totp" ? "Authenticator" : "Email")
}

export const secondStep = (provider: Provider): Reply => ({
  status: 200,
  json: authResponse({ is2StepVerificationRequired: true, provider }),
})

export const refused = (errorMessage: string) => authResponse({ errorMessage })

// What ASP.NET Core writes for ClaimTypes.Name and ClaimTypes.Role; resource servers and clients read these names.
const nameClaim = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
const roleClaim = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"

/** A completed sign-in as a token. */
export const signedIn = async (
  engine: Engine,
  { user, session }: Extract<SignIn, { status: "complete" }>,
  { jwt }: AccountsSettings,
): Promise<Reply> => {
  const [only, ...more] = user.roles
  const { token } = await engine.sessions.issueJwt(session.id, {
    ...jwt,
    claims: {
      [nameClaim]: user.email ?? user.id,
      // A guard of the client compares with a string, which an array of one never equals.
      ...(only !== undefined && { [roleClaim]: more.length === 0 ? only : user.roles }),
    },
  })
  return { status: 200, json: authResponse({ isAuthSuccessful: true, token }) }
}
