import type { LinkFor } from "../../engine/engine.ts"

const longest = 2048

/**
 * The page of the client that a mailed link leads to. It comes with the request, from anybody, and a mail to the
 * account's owner will carry it together with a token: so it passes only on an exactly known origin.
 */
export const clientPage = (text: string | undefined, allowedOrigins: readonly string[]): URL | undefined => {
  if (text === undefined || text.length > longest || /[\s\p{Cc}\\]/u.test(text)) return undefined
  const url = URL.parse(text)
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined
  if (url.username !== "" || url.password !== "") return undefined
  return allowedOrigins.includes(url.origin) ? url : undefined
}

/** The page with `token` and `email` in its query: behind what is there already, and before a fragment. */
export const linkTo =
  (page: URL): LinkFor =>
  ({ token, email }) => {
    const url = new URL(page)
    const added = `token=${encodeURIComponent(token)}&email=${encodeURIComponent(email)}`
    url.search = url.search === "" ? added : `${url.search}&${added}`
    return { url: url.href }
  }
