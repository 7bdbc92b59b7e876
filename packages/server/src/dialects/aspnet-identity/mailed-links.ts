import type { LinkFor } from "../../engine/engine.ts"
import type { DialectSettings, IdentitySettings } from "../dialect.ts"

type Parts = { readonly settings: Pick<DialectSettings, "publicUrl">; readonly own: IdentitySettings }

/** The link that confirms an account's address. Undefined leaves it to the account pages, which ask for a click. */
export const confirmationLink = ({ settings, own }: Parts): LinkFor | undefined =>
  own.confirmLink === "page"
    ? undefined
    : ({ userId, token }) => ({ url: confirmEmail(settings.publicUrl, { userId, code: token }), subject: "plain" })

/** The link that gives an account another address. */
export const changeLink = ({ settings, own }: Parts): LinkFor | undefined =>
  own.confirmLink === "page"
    ? undefined
    : ({ userId, token, email }) => ({
        url: confirmEmail(settings.publicUrl, { userId, code: token, changedEmail: email }),
        subject: "plain",
      })

/** Not a link: the person carries the code into the client's own page. */
export const resetCode: LinkFor = ({ token }) => ({ code: token, subject: "plain" })

const confirmEmail = (publicUrl: string, query: Record<string, string>): string =>
  `${publicUrl}/identity/confirmEmail?${new URLSearchParams(query).toString()}`
