/** Mailed links: one use, a limited life, dead with the security stamp, and only ever to an origin that we know. */
import { any, one, sql, type Write } from "../../store/database.ts"
import { plainAgent } from "../audit/audit.ts"
import type { Context, LinkFor, Source } from "../context.ts"
import { CountersignError } from "../errors.ts"
import { mailWrite, type TemplateName } from "../outbox.ts"
import { hashToken, mintToken } from "../tokens.ts"
import { storable, type StoredUser } from "./records.ts"

/** `confirm`: the address of an account; `address`: a new address; `reset`: the password. */
export type LinkPurpose = "confirm" | "address" | "reset"

/** Pages of ours that links lead to where a door has none of its own. */
export const linkPaths: Readonly<Record<LinkPurpose, string>> = {
  confirm: "/account/confirm-address",
  address: "/account/confirm-address",
  reset: "/account/reset-password",
}

const templates: Readonly<Record<LinkPurpose, TemplateName>> = {
  confirm: "confirm-address",
  address: "address-change",
  reset: "reset-password",
}

/** What a link does beside its purpose, once it is used. */
export type LinkData = {
  /** The registration that this link confirms; null: none of several may keep its password. */
  readonly registration?: {
    readonly passwordHash: string
    readonly firstName: string | null
    readonly lastName: string | null
    readonly locale: string | null
  } | null
  /** The session that asked, which may stay. */
  readonly sessionId?: string
}

export type StoredLink = {
  readonly tokenHash: string
  readonly userId: string
  readonly purpose: LinkPurpose
  readonly email: string | null
  readonly securityStamp: string
  readonly data: LinkData
}

type LinkRow = {
  token_hash: string
  user_id: string
  purpose: LinkPurpose
  email: string | null
  security_stamp: string
  data: string
}

/** Call first, whoever the mail would go to, so that a bad address of a page is refused for known and unknown alike. */
export function checkLinkTarget(ctx: Context, linkFor: LinkFor | undefined): void {
  if (linkFor) targetOf(ctx, linkFor, { token: "x", email: "x@example.org", userId: "x" })
}

/** ASVS 10.4.1's rule for mailed links: exact origins, never a request's host. */
function targetOf(ctx: Context, linkFor: LinkFor, link: { token: string; email: string; userId: string }) {
  const target = linkFor(link)
  if ("code" in target) return target
  const { publicUrl, allowedOrigins } = ctx.settings
  const url = URL.canParse(target.url) ? new URL(target.url) : undefined
  const web = url?.protocol === "https:" || url?.protocol === "http:"
  const plain = url?.username === "" && url.password === ""
  const known = url !== undefined && (url.origin === new URL(publicUrl).origin || allowedOrigins.includes(url.origin))
  const hidden = /[\p{Cc}\s\\]/u.test(target.url)
  if (!web || !plain || !known || hidden) throw new CountersignError("input_invalid", { field: "clientURI" })
  return target
}

/** A new link and the mail that carries it. `to` is the address that it proves. */
export async function linkWrites(
  ctx: Context,
  input: {
    purpose: LinkPurpose
    user: Pick<StoredUser, "id" | "locale" | "securityStamp">
    to: string
    linkFor: LinkFor | undefined
    source: Source
    data?: LinkData
  },
): Promise<Write[]> {
  const { purpose, user, to, source } = input
  const { links, publicUrl } = ctx.settings
  const now = ctx.now()
  const expiresAt = now + 1000 * (purpose === "reset" ? links.resetSeconds : links.confirmationSeconds)
  const { token, hash } = mintToken(ctx, "")
  const ours: LinkFor = () => ({ url: `${publicUrl}${linkPaths[purpose]}?token=${token}` })
  const target = targetOf(ctx, input.linkFor ?? ours, { token, email: to, userId: user.id })
  const mail = await mailWrite(ctx, {
    template: templates[purpose],
    to,
    locale: user.locale ?? source.locale ?? ctx.settings.locale,
    facts: {
      link: "url" in target ? target.url : null,
      code: "code" in target ? target.code : null,
      ...(target.subject && { subject: target.subject }),
      at: now,
      until: expiresAt,
      agent: plainAgent(source.agent),
      address: source.address ?? null,
    },
  })
  return [
    one(sql`
      insert into links (token_hash, user_id, purpose, email, security_stamp, data, created_at, expires_at, used_at)
      values (${hash}, ${user.id}, ${purpose}, ${to}, ${user.securityStamp}, ${JSON.stringify(input.data ?? {})},
        ${now}, ${expiresAt}, ${null})`),
    mail,
  ]
}

/** A link that is good now: known, unused, in its time. The stamp is for the caller to compare with its user. */
export async function readLink(ctx: Context, token: string): Promise<StoredLink | undefined> {
  if (!storable(token)) return undefined
  const [row] = await ctx.database.query<LinkRow>(sql`
    select token_hash, user_id, purpose, email, security_stamp, data from links
    where token_hash = ${hashToken(token)} and used_at is null and expires_at > ${ctx.now()}`)
  return (
    row && {
      tokenHash: row.token_hash,
      userId: row.user_id,
      purpose: row.purpose,
      email: row.email,
      securityStamp: row.security_stamp,
      data: JSON.parse(row.data) as LinkData,
    }
  )
}

/** The one write that uses a link up. Of two who use it at once, one commits. */
export const spendLink = (ctx: Context, link: StoredLink): Write => {
  const now = ctx.now()
  return one(sql`
    update links set used_at = ${now}
    where token_hash = ${link.tokenHash} and used_at is null and expires_at > ${now}`)
}

/** Ends the open links of one purpose, so that the newest mail is the one that works. */
export const endLinks = (ctx: Context, userId: string, purpose: LinkPurpose): Write =>
  any(
    sql`update links set used_at = ${ctx.now()} where user_id = ${userId} and purpose = ${purpose} and used_at is null`,
  )

/** The open confirmation links of a user: whose registrations are still waiting. */
export async function openRegistrations(ctx: Context, userId: string): Promise<LinkData[]> {
  const rows = await ctx.database.query<{ data: string }>(sql`
    select data from links
    where user_id = ${userId} and purpose = 'confirm' and used_at is null and expires_at > ${ctx.now()}`)
  return rows.map(({ data }) => JSON.parse(data) as LinkData)
}
