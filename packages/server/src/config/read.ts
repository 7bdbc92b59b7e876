/** From texts to a configuration: reads each option, lays the profile under it, and judges them together. */
import { environmentName, options } from "../config.ts"
import type { OptionName, Values } from "../config.ts"
import { isLoopback } from "./compound.ts"
import { nearestName } from "./nearest-name.ts"
import type { Option } from "./option.ts"
import { profiles } from "./profiles.ts"
import { judgeTogether } from "./together.ts"

/** What is wrong, and how to mend it. `option` is the variable's name. */
export type Finding = { readonly option: string; readonly message: string }

export type Environment = Readonly<Record<string, string | undefined>>

/** Options by their names in code, with their own types. */
export type OptionsInCode = { readonly [Name in OptionName]?: Values[Name] | undefined }

/** `serve` has to be able to send mail; a single command does not. */
export type Purpose = "serve" | "command"

export type Config = Values & {
  /** HOST and PUBLIC_URL are loopback: keys are made, the mailbox page stands in for SMTP. */
  readonly development: boolean
  readonly publicUrl: string
  readonly mailFrom: string
  readonly jwtIssuer: string
  readonly jwtAudience: string
  readonly relyingPartyId: string
  readonly warnings: readonly Finding[]
}

/** All mistakes of a configuration at once. */
export class ConfigurationError extends Error {
  readonly mistakes: readonly Finding[]
  readonly warnings: readonly Finding[]

  constructor(mistakes: readonly Finding[], warnings: readonly Finding[]) {
    super(mistakes.map(({ message }) => message).join("\n"))
    this.name = "ConfigurationError"
    this.mistakes = mistakes
    this.warnings = warnings
  }
}

const prefix = "COUNTERSIGN_"
const names = Object.keys(options) as OptionName[]
const known: ReadonlyMap<string, OptionName> = new Map(names.map((name) => [environmentName(name), name]))

/**
 * Reads a configuration. Pure: no file, no clock, no process.
 * @throws ConfigurationError with every mistake and how to mend each
 */
export const readConfig = (environment: Environment, purpose: Purpose = "serve"): Config => {
  const mistakes: Finding[] = []
  const warnings: Finding[] = []
  const given = new Map<OptionName, unknown>()

  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(prefix)) continue
    const name = known.get(variable)
    if (name === undefined) {
      warnings.push({ option: variable, message: unknownName(variable) })
      continue
    }
    // An empty variable is what a compose file makes of one that is not set.
    const trimmed = value?.trim() ?? ""
    if (trimmed === "") continue
    const option: Option<unknown> = options[name]
    const read = option.read(trimmed)
    if ("value" in read) given.set(name, read.value)
    else mistakes.push({ option: variable, message: refusal(variable, option, trimmed, read.mend) })
  }

  const profile = profiles[(given.get("profile") as Values["profile"] | undefined) ?? "default"]
  const values = Object.fromEntries(
    names.map((name) => [name, given.has(name) ? given.get(name) : (profile[name] ?? options[name].default)]),
  ) as Values
  const config = derive(values, warnings)
  judgeTogether(config, {
    purpose,
    given: (name) => given.has(name),
    mistake: (name, message) => mistakes.push({ option: environmentName(name), message: sentence(name, message) }),
    warning: (name, message) => warnings.push({ option: environmentName(name), message: sentence(name, message) }),
  })
  if (mistakes.length > 0) throw new ConfigurationError(mistakes, warnings)
  return config
}

/**
 * The environment that says what `given` says in code. What is undefined is left out.
 * @throws TypeError for a name that is no option
 */
export const environmentOf = (given: OptionsInCode): Environment =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      if (!isOptionName(name)) throw new TypeError(`${name} is no option of Countersign`)
      const option: Option<unknown> = options[name]
      // `none` and not an empty text, which would mean the default.
      return value === undefined ? [] : [[environmentName(name), option.write(value) || "none"]]
    }),
  )

/** The environment of this process: read here, and nowhere else. */
export const machineEnvironment = (): Environment => process.env

const isOptionName = (name: string): name is OptionName => Object.hasOwn(options, name)

const sentence = (name: OptionName, message: string): string => `${environmentName(name)} ${message}`

const refusal = (variable: string, option: Option<unknown>, given: string, mend: string): string =>
  `${variable} ${option.secret ? "is not usable" : `is ${JSON.stringify(given)}`}: it has to be ${mend}.`

const unknownName = (variable: string): string => {
  const near = nearestName(variable, [...known.keys()])
  return `${variable} is no option of Countersign and is ignored${near ? `; is ${near} meant?` : "."}`
}

/** Fills what depends on other options. */
const derive = (values: Values, warnings: readonly Finding[]): Config => {
  const scheme = values.tlsCert === undefined ? "http" : "https"
  const publicUrl = (values.publicUrl ?? `${scheme}://localhost:${values.port}`).replace(/\/+$/, "")
  const { hostname } = new URL(publicUrl)
  const domain = /^[\d.]+$|^\[/.test(hostname) ? "localhost" : hostname
  return {
    ...values,
    publicUrl,
    development: isLoopback(values.host) && isLoopback(hostname),
    mailFrom: values.mailFrom ?? `${quoted(values.issuer)} <no-reply@${domain}>`,
    jwtIssuer: values.jwtIssuer ?? publicUrl,
    jwtAudience: values.jwtAudience ?? publicUrl,
    relyingPartyId: values.relyingPartyId ?? hostname,
    warnings,
  }
}

const quoted = (name: string): string => name.replace(/["<>@\\]/g, "").trim()
