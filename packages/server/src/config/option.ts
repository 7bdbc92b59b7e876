import { BlockList, isIP } from "node:net"

/** What reading a text gave: a value, or the end of the sentence "it has to be …". */
export type Read<T> = { readonly value: T } | { readonly mend: string }

/** One option: how it is read from text, what it is when nothing is said, and one sentence for people. */
export type Option<T> = {
  /** What kind of value it takes, as the reference page prints it. */
  readonly type: string
  readonly unit?: string
  readonly default: T
  readonly says: string
  /** Never printed, also not in a refusal. */
  readonly secret: boolean
  /** What the reference page prints where the default depends on other options. */
  readonly defaultSays?: string
  read(text: string): Read<T>
  /** The text that `read` reads as this value. */
  write(value: T): string
}

type About<T> = { default: T; says: string; unit?: string; secret?: true; defaultSays?: string }

const option = <T>(type: string, about: About<T>, read: Option<T>["read"], write: Option<T>["write"]): Option<T> => ({
  type,
  default: about.default,
  says: about.says,
  secret: about.secret ?? false,
  ...(about.unit === undefined ? {} : { unit: about.unit }),
  ...(about.defaultSays === undefined ? {} : { defaultSays: about.defaultSays }),
  read,
  write,
})

/** A whole number within bounds. */
export const whole = (about: About<number> & { from: number; to: number }): Option<number> =>
  option(
    "number",
    about,
    (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return value >= about.from && value <= about.to
        ? { value }
        : { mend: `a whole number from ${about.from} to ${about.to}${about.unit ? ` (${about.unit})` : ""}` }
    },
    String,
  )

/** A length of time in seconds. */
export const seconds = (about: About<number> & { from: number; to: number }): Option<number> =>
  whole({ ...about, unit: "seconds" })

type AboutText = { type?: string; check?: (value: string) => string | undefined }

const readText =
  ({ check }: AboutText) =>
  (given: string): Read<string> => {
    const mend = check?.(given)
    return mend === undefined ? { value: given } : { mend }
  }

/** Free text. `check` gives the end of "it has to be …", or nothing. */
export const text = (about: About<string> & AboutText): Option<string> =>
  option(about.type ?? "text", about, readText(about), (value) => value)

/** Text that may be missing. */
export const optionalText = (about: Omit<About<undefined>, "default"> & AboutText): Option<string | undefined> =>
  option<string | undefined>(
    about.type ?? "text",
    { ...about, default: undefined },
    readText(about),
    (value) => value ?? "",
  )

/** Exactly one of a few words. */
export const choice = <const T extends string>(words: readonly T[], about: About<NoInfer<T>>): Option<T> =>
  option<T>(
    words.map((word) => `\`${word}\``).join(", "),
    about,
    (given) => {
      const value = words.find((word) => word.toLowerCase() === given.toLowerCase())
      return value === undefined ? { mend: `one of ${words.join(", ")}` } : { value }
    },
    (value) => value,
  )

const yes = new Set(["on", "true", "yes", "1"])
const no = new Set(["off", "false", "no", "0"])

/** On or off. */
export const flag = (about: About<boolean>): Option<boolean> =>
  option(
    "`on`, `off`",
    about,
    (given) => {
      const word = given.toLowerCase()
      return yes.has(word) ? { value: true } : no.has(word) ? { value: false } : { mend: "on or off" }
    },
    (value) => (value ? "on" : "off"),
  )

/** Several words with commas between. `each` mends one entry; what it returns instead of text is refused. */
export const list = <T extends string>(
  about: About<readonly T[]> & { type?: string; each: (entry: string) => Read<T> },
): Option<readonly T[]> =>
  option<readonly T[]>(
    about.type ?? "list",
    about,
    (given) => {
      const values: T[] = []
      for (const entry of entries(given)) {
        const read = about.each(entry)
        if ("mend" in read) return read
        if (!values.includes(read.value)) values.push(read.value)
      }
      return { value: values }
    },
    (value) => value.join(","),
  )

/** A value with a form of its own. */
export const form = <T>(
  type: string,
  about: About<T>,
  read: (text: string) => Read<T>,
  write: (value: T) => string,
): Option<T> => option(type, about, read, write)

/** The words between the commas, without blanks; `none` alone is the empty list. */
export const entries = (given: string): string[] =>
  given.trim().toLowerCase() === "none"
    ? []
    : given
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== "")

/** An address such as `https://app.example:8443`, exact, in the form that a browser sends. */
export const readOrigin = (given: string): Read<string> => {
  const mend = "origins such as https://app.example, without a path and without *"
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash || url.username)
    return { mend }
  return url.hostname.includes("*") ? { mend } : { value: url.origin }
}

/** An IP address, a range such as `10.0.0.0/8`, or `loopback`. */
export const readRange = (given: string): Read<string> => {
  const [address = "", bits, ...rest] = given.split("/")
  const family = isIP(address)
  const mend = "IP addresses, ranges such as 10.0.0.0/8, or loopback"
  if (given === "loopback") return { value: given }
  if (family === 0 || rest.length > 0) return { mend }
  if (bits === undefined) return { value: given }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return { mend }
  // Refused here rather than when the first request comes.
  new BlockList().addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6")
  return { value: given }
}
