import type { AddressInfo } from "node:net"
import { SMTPServer } from "smtp-server"

/** A mail as it came over the wire, taken apart. */
export type ReceivedMail = {
  readonly envelopeTo: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly header: (name: string) => string | undefined
  /** The whole of it, decoded. */
  readonly raw: string
}

export type MailServer = {
  /** For `SMTP_URL`. */
  readonly url: string
  /** Oldest first. */
  readonly to: (address: string) => readonly ReceivedMail[]
  readonly all: () => readonly ReceivedMail[]
  readonly close: () => Promise<void>
}

/** A real SMTP server on a free loopback port, without TLS and without a password. */
export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on("data", (chunk: Buffer) => chunks.push(chunk))
      stream.on("end", () => {
        mails.push(
          takeApart(
            Buffer.concat(chunks).toString(),
            envelope.rcptTo.map(({ address }) => address),
          ),
        )
        done()
      })
    },
  })
  server.on("error", () => {})
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve)
  })
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${String(port)}`,
    to: (address) => mails.filter(({ envelopeTo }) => envelopeTo.includes(address)),
    all: () => mails,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}

const takeApart = (raw: string, envelopeTo: string[]): ReceivedMail => {
  const [head, body] = splitOnce(raw, "\r\n\r\n")
  const header = (name: string) => headerOf(head, name)
  const boundary = /boundary="([^"]+)"/.exec(header("Content-Type") ?? "")?.[1] ?? "\0"
  const parts = body.split(`--${boundary}`).map((part) => splitOnce(part.replace(/^\r\n/, ""), "\r\n\r\n"))
  const partOf = (type: string) => {
    const [partHead = "", content = ""] = parts.find(([about]) => about?.includes(type)) ?? []
    return decode(content, headerOf(partHead, "Content-Transfer-Encoding")).replaceAll("\r\n", "\n")
  }
  const text = partOf("text/plain")
  const html = partOf("text/html")
  return { envelopeTo, subject: header("Subject") ?? "", text, html, header, raw: `${head}\n\n${text}\n\n${html}` }
}

const splitOnce = (text: string, by: string): [string, string] => {
  const at = text.indexOf(by)
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + by.length)]
}

const headerOf = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}: *(.*(?:\r\n[ \t].*)*)`, "im").exec(head)?.[1]?.replaceAll(/\r\n[ \t]+/g, " ")

const decode = (content: string, encoding = "7bit"): string => {
  if (encoding === "base64") return Buffer.from(content, "base64").toString()
  if (encoding !== "quoted-printable") return content
  const bytes = content
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, "latin1").toString()
}
