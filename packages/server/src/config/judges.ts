/** What can be wrong with a single text option, each as the end of the sentence "it has to be …". */
import type { Read } from "./option.ts"

const parsed = (given: string): URL | undefined => (URL.canParse(given) ? new URL(given) : undefined)

/** One of a few words in a list. */
export const oneOf =
  <const T extends string>(words: readonly T[]) =>
  (given: string): Read<T> => {
    const value = words.find((word) => word === given.toLowerCase())
    return value === undefined ? { mend: `a list of ${words.join(", ")}` } : { value }
  }

export const judgeHost = (given: string): string | undefined =>
  /^[A-Za-z0-9.:_-]{1,253}$/.test(given) ? undefined : "an address or a host name, without a port"

export const judgePublicUrl = (given: string): string | undefined => {
  const url = parsed(given)
  return url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username && !url.password
    ? undefined
    : "an address such as https://auth.example.com"
}

/** The path in `sqlite:<path>`; `sqlite:///var/lib/x` is `/var/lib/x`. Undefined for memory and for anything else. */
export const sqlitePath = (url: string): string | undefined => {
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1]
  return path?.startsWith(":") || path?.startsWith("//") ? undefined : path
}

export const judgeDatabaseUrl = (given: string): string | undefined => {
  if (given === "sqlite::memory:" || sqlitePath(given) !== undefined) return undefined
  return /^postgres(ql)?:$/.test(parsed(given)?.protocol ?? "")
    ? undefined
    : "sqlite:<path>, sqlite::memory: or postgres://user:password@host/name"
}

export const judgeSmtpUrl = (given: string): string | undefined => {
  const url = parsed(given)
  return url && /^smtps?:$/.test(url.protocol) && url.hostname !== ""
    ? undefined
    : "smtp://user:password@host:587 or smtps://user:password@host:465"
}

/** `name@host` or `Name <name@host>`; a line break would let it write headers. */
export const judgeMailbox = (given: string): string | undefined =>
  /^[^\p{Cc}<>@]*<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/u.test(given)
    ? undefined
    : "an address such as no-reply@app.example, or App <no-reply@app.example>"
