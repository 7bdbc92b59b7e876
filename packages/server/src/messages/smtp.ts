import { createTransport } from "nodemailer"
import { isMailbox, type Transport } from "./transport.ts"

/** How long a silent server is waited for. Together well under the time for which the outbox claims a mail. */
const connectMilliseconds = 10_000
const silenceMilliseconds = 20_000

/**
 * Sends by SMTP.
 *
 * `url` is `smtp://user:pass@host:port` (STARTTLS, port 587) or `smtps://…` (TLS from the first byte, port 465); user
 * and password percent-encoded, both optional. STARTTLS is demanded where there is a password, used where it is offered
 * otherwise, and left out on a loopback host; `?tls=required`, `optional` or `off` decides otherwise.
 * `from` is `Name <address>` or an address.
 *
 * @throws TypeError for a URL or a sender that can't be read. The message does not repeat the URL: it holds a password.
 */
export const smtpTransport = (options: { url: string; from: string }): Transport => {
  const from = readSender(options.from)
  const server = createTransport({
    ...readSmtpUrl(options.url),
    connectionTimeout: connectMilliseconds,
    greetingTimeout: connectMilliseconds,
    socketTimeout: silenceMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  })

  return {
    async send(mail) {
      if (!isMailbox(mail.to)) return "refused"
      try {
        await server.sendMail({
          envelope: { from: from.address, to: [mail.to] },
          from,
          to: { name: "", address: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          date: new Date(mail.writtenAt),
          messageId: `<${mail.id}@${from.address.slice(from.address.lastIndexOf("@") + 1)}>`,
          headers: {
            // RFC 3834 section 5: no holiday answers to a machine.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
          },
        })
        return "sent"
      } catch (error) {
        const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
        // RFC 5321 section 4.2.1: a 5yz answer about this mail or recipient is for good. One about us (a wrong
        // password, TLS) is not: the operator mends it, and the mail still goes.
        const aboutTheMail = code === "EENVELOPE" || code === "EMESSAGE"
        if (aboutTheMail && typeof responseCode === "number" && responseCode >= 500) return "refused"
        // The server's own words, and so the error itself, may repeat the recipient.
        // oxlint-disable-next-line preserve-caught-error
        throw new Error(["smtp", code, responseCode].filter(isPlain).join(" "))
      }
    },
    close: () => {
      server.close()
    },
  }
}

const isPlain = (part: unknown): part is string | number => typeof part === "string" || typeof part === "number"

type SmtpServer = {
  host: string
  port: number
  secure: boolean
  requireTLS: boolean
  ignoreTLS: boolean
  auth?: { user: string; pass: string }
}

/** Reads `smtp://` and `smtps://`. @throws TypeError */
export const readSmtpUrl = (text: string): SmtpServer => {
  const url = URL.parse(text)
  if (!url || (url.protocol !== "smtp:" && url.protocol !== "smtps:") || url.hostname === "") {
    throw new TypeError("the SMTP URL has to read smtp://user:password@host:port or smtps://…")
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  const secure = url.protocol === "smtps:"
  const auth = url.username === "" ? undefined : { user: decoded(url.username), pass: decoded(url.password) }
  const loopback = host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host)
  const tls = url.searchParams.get("tls") ?? (loopback ? "off" : auth ? "required" : "optional")
  if (tls !== "required" && tls !== "optional" && tls !== "off") {
    throw new TypeError("tls in the SMTP URL has to be required, optional or off")
  }
  return {
    host,
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && tls === "required",
    ignoreTLS: !secure && tls === "off",
    ...(auth ? { auth } : {}),
  }
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError("user and password in the SMTP URL have to be percent-encoded")
  }
}

/** Reads `Name <address>` or a bare address. @throws TypeError */
export const readSender = (text: string): { name: string; address: string } => {
  const parts = /^\s*(?:"?([^"<>\p{Cc}]*?)"?\s*<([^<>]+)>|([^<>\s]+))\s*$/u.exec(text)
  const address = (parts?.[2] ?? parts?.[3] ?? "").trim()
  if (!isMailbox(address)) throw new TypeError("the sender of mails has to read Name <address>, or be an address")
  return { name: parts?.[1]?.trim() ?? "", address }
}
