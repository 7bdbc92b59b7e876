/** What can only be judged when all options are known. */
import type { OptionName } from "../config.ts"
import { isLoopback } from "./compound.ts"
import { looksTyped } from "./keys.ts"
import type { Config, Purpose } from "./read.ts"

type Judging = {
  readonly purpose: Purpose
  readonly given: (name: OptionName) => boolean
  /** The message goes on after the variable's name. */
  readonly mistake: (name: OptionName, message: string) => void
  readonly warning: (name: OptionName, message: string) => void
}

export const judgeTogether = (config: Config, judging: Judging): void => {
  for (const judge of [reach, secrets, proxies, cookies, doorRules, factorRules, lengths, apps]) judge(config, judging)
}

const reach = (config: Config, { mistake, warning, given }: Judging): void => {
  const loopback = isLoopback(config.host)
  const url = new URL(config.publicUrl)
  if (!loopback && !given("publicUrl"))
    mistake("publicUrl", "is not set: where HOST is not loopback it has to be the address that browsers use.")
  else if (url.protocol === "http:" && !isLoopback(url.hostname))
    mistake("publicUrl", "has to begin with https:// unless it is loopback: browsers drop Secure cookies otherwise.")
  else if (url.protocol === "http:" && !config.development)
    warning("publicUrl", "is http on loopback while HOST is not: only browsers on this machine can sign in.")
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    mistake(config.tlsCert === undefined ? "tlsCert" : "tlsKey", "is missing: a certificate and its key go together.")
  if (config.tlsCert !== undefined && url.protocol === "http:")
    mistake("publicUrl", "has to begin with https://, since TLS_CERT makes the server speak nothing else.")
}

const secrets = (config: Config, { mistake, warning, purpose }: Judging): void => {
  const where = "is needed unless HOST and PUBLIC_URL are loopback"
  if (!config.development && config.keys.length === 0)
    mistake("keys", `${where}: set it to k1:<key>, where the key is what \`openssl rand -base64 32\` prints.`)
  if (!config.development && config.smtpUrl === undefined && purpose === "serve")
    mistake("smtpUrl", `${where}: set it to smtp://user:password@host:587.`)
  for (const { id, key } of config.keys) {
    if (!looksTyped(key)) continue
    const message = `holds typed text under ${id}: a key is 32 random bytes (openssl rand -base64 32).`
    if (config.development) warning("keys", message)
    else mistake("keys", message)
  }
}

const proxies = (config: Config, { mistake, warning }: Judging): void => {
  if (!config.addressLimits && !isLoopback(config.host))
    mistake("addressLimits", "can be off only where HOST is loopback.")
  else if (!config.addressLimits && !config.development)
    warning("addressLimits", "is off: guessing is limited by account alone.")
  if (config.trustedProxies.some((range) => range.endsWith("/0")))
    mistake("trustedProxies", "names every address there is: anybody could pretend to be anywhere. Name your proxies.")
  if (isLoopback(config.host) && !config.development && config.trustedProxies.length === 0 && !config.tlsCert)
    warning("trustedProxies", "is not set: behind a proxy all clients count as one address. Set it to the proxy's own.")
}

const cookies = (config: Config, { mistake, warning }: Judging): void => {
  if (config.cookieSameSite === "none" && !config.publicUrl.startsWith("https:"))
    mistake("cookieSameSite", "can be none only where PUBLIC_URL begins with https://.")
  for (const origin of config.allowedOrigins)
    if (origin.startsWith("http:") && !isLoopback(new URL(origin).hostname) && !config.development)
      warning("allowedOrigins", `lets ${origin} in without TLS: whoever is on the way can act for its users.`)
}

const doorRules = (config: Config, { mistake }: Judging): void => {
  if (config.identityConfirmLink === "page" && !config.doors.includes("account"))
    mistake("identityConfirmLink", "can be page only where DOORS holds account, whose page it is.")
}

const factorRules = (config: Config, { mistake, warning, given }: Judging): void => {
  if (config.secondFactor === "required" && config.factors.length === 0)
    mistake("factors", "is empty while SECOND_FACTOR is required: nobody could sign in.")
  if (config.secondFactor !== "required" && given("secondFactorRoles"))
    warning("secondFactorRoles", "has no effect unless SECOND_FACTOR is required.")
  if (config.secondFactor !== "required" && given("secondFactorFrom"))
    warning("secondFactorFrom", "has no effect unless SECOND_FACTOR is required.")
  if ((config.profile === "nist-aal2" || config.profile === "asvs") && config.factors.includes("email-code"))
    warning("factors", `offers email-code: in the profile ${config.profile} it never counts as a second factor.`)
  if (config.emailCodeDefault && !config.factors.includes("email-code"))
    mistake("emailCodeDefault", "is on while FACTORS does not offer email-code.")
  const host = new URL(config.publicUrl).hostname
  if (host !== config.relyingPartyId && !host.endsWith(`.${config.relyingPartyId}`))
    mistake("relyingPartyId", "has to be PUBLIC_URL's host or a domain above it; browsers refuse passkeys otherwise.")
  else if (config.factors.includes("passkey") && isBareAddress(config.relyingPartyId))
    warning("relyingPartyId", "is a bare address: browsers have passkeys for names alone, so none are offered.")
}

const isBareAddress = (host: string): boolean => /^[\d.]+$|[:[]/.test(host)

const lengths = (config: Config, { mistake, warning }: Judging): void => {
  if (config.passwordMaxLength < config.passwordMinLength)
    mistake("passwordMaxLength", "is below PASSWORD_MIN_LENGTH: no password would be good enough.")
  if (config.sessionIdleSeconds > config.sessionSeconds)
    warning("sessionIdleSeconds", "is longer than SESSION_SECONDS: a session ends before it could be idle.")
  if (config.mailedCodeSeconds > config.challengeSeconds)
    warning("mailedCodeSeconds", "is longer than CHALLENGE_SECONDS, after which no code of it is taken.")
  if (config.passwordHashMemory < 19_456 && !config.development)
    warning("passwordHashMemory", "is below 19456 KiB, the least that OWASP's cheat sheet advises for argon2id.")
}

/** What phones do with what they scan. */
const apps = (config: Config, { warning }: Judging): void => {
  if (config.issuer.length > 30) warning("issuer", "is longer than 30 characters: authenticator apps cut it.")
  if (config.totpAlgorithm !== "SHA-1")
    warning("totpAlgorithm", "is not SHA-1: several apps ignore it and show codes that are always wrong.")
  if (config.totpDigits !== 6) warning("totpDigits", "is not 6: several apps show 6 all the same.")
  if (config.totpPeriodSeconds !== 30) warning("totpPeriodSeconds", "is not 30: several apps count in 30 all the same.")
}
