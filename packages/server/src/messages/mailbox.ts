import { mailPage, listPage } from "./mailbox-pages.ts"
import { isMailbox, type OutgoingMail, type Transport } from "./transport.ts"

/** A mail as it would have left. */
export type KeptMail = OutgoingMail & {
  readonly from: string
  /** Web addresses in the text, in order, each once. */
  readonly links: readonly string[]
  /** The six-digit code in the text, where there is one. */
  readonly code: string | null
}

/** A GET route at the root, in the form in which the server mounts routes. */
export type MailboxRoute = {
  readonly method: "GET"
  readonly path: string
  handle(call: { readonly url: URL; readonly params: Readonly<Record<string, string>> }): Response
}

export type Mailbox = {
  readonly transport: Transport
  readonly routes: readonly MailboxRoute[]
  /** Newest first. */
  list(to?: string): readonly KeptMail[]
  clear(): void
}

const capacity = 200

/**
 * Stands in for SMTP while one develops: keeps the newest mails in memory and shows them at `/dev/mailbox`, and as
 * JSON at `/dev/mailbox.json` (`?to=` narrows). It holds working links and codes in clear, so it must exist on loopback
 * only: the composition root decides that, and the pages answer to no other host name, since a foreign name that
 * resolves to this machine would let any web page read them.
 */
export const createMailbox = (options: { from: string; issuer: string }): Mailbox => {
  let kept: KeptMail[] = []

  const list = (to?: string) =>
    to === undefined ? kept : kept.filter((mail) => mail.to.toLowerCase() === to.trim().toLowerCase())

  return {
    transport: {
      send: (mail) => {
        if (!isMailbox(mail.to)) return Promise.resolve("refused")
        const read = { from: options.from, links: linksIn(mail.text), code: codeIn(mail.text) }
        kept = [{ ...mail, ...read }, ...kept].slice(0, capacity)
        return Promise.resolve("sent")
      },
      close: () => {},
    },
    routes: [
      guarded("/dev/mailbox", ({ url }) => {
        const to = url.searchParams.get("to") ?? undefined
        return page(listPage({ mails: list(to), issuer: options.issuer, to }))
      }),
      guarded("/dev/mailbox.json", ({ url }) => {
        const mails = list(url.searchParams.get("to") ?? undefined).map(({ writtenAt, ...mail }) => ({
          ...mail,
          at: new Date(writtenAt).toISOString(),
        }))
        return new Response(JSON.stringify({ mails }), { headers: { ...common, "Content-Type": "application/json" } })
      }),
      guarded("/dev/mailbox/:id", ({ params }) => {
        const mail = kept.find(({ id }) => id === params["id"])
        return mail
          ? page(mailPage({ mail, issuer: options.issuer }))
          : page(listPage({ mails: kept, issuer: options.issuer, missing: true }), 404)
      }),
    ],
    list,
    clear: () => {
      kept = []
    },
  }
}

/** Answers on a loopback host name alone. */
const guarded = (path: string, answer: MailboxRoute["handle"]): MailboxRoute => ({
  method: "GET",
  path,
  handle: (call) =>
    loopback.test(call.url.hostname)
      ? answer(call)
      : new Response("The mailbox answers on a loopback address only.\n", { status: 403, headers: plain }),
})

const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

const common = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" }
const plain = { ...common, "Content-Type": "text/plain; charset=utf-8" }

// The mail's own inline styles need `unsafe-inline`: a document in `srcdoc` inherits this policy. No script runs in it.
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const page = (html: string, status = 200) =>
  new Response(html, {
    status,
    headers: { ...common, "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy },
  })

const linksIn = (text: string): string[] => [...new Set(text.match(/https?:\/\/[^\s<>"]+/g) ?? [])]

const codeIn = (text: string): string | null => /^\s*(\d{6})\s*$/m.exec(text)?.[1] ?? null
