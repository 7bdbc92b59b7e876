import type { AddressInfo } from "node:net"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"
import { afterEach, describe, expect, test } from "vitest"
import { readSender, readSmtpUrl, smtpTransport } from "./smtp.ts"
import { isMailbox, type OutgoingMail } from "./transport.ts"

type Received = { from: string; to: string[]; raw: string }

const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

/** A real SMTP server on a free loopback port. */
const startServer = async (options: SMTPServerOptions = {}) => {
  const received: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on("data", (chunk: Buffer) => chunks.push(chunk))
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString(),
        })
        done()
      })
    },
    ...options,
  })
  server.on("error", () => {})
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()))
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  open.push(close)
  return { received, close, port: (server.server.address() as AddressInfo).port }
}

const sender = (url: string) => {
  const transport = smtpTransport({ url, from: "Harbour <no-reply@harbour.example>" })
  open.push(() => transport.close())
  return transport
}

const mail = (change: Partial<OutgoingMail> = {}): OutgoingMail => ({
  id: "0193-abc",
  to: "ann@example.org",
  subject: "Your code for Harbour",
  text: "Your code:\n\n    042517\n",
  html: "<p>042517</p>",
  writtenAt: Date.UTC(2026, 10, 24, 21, 21),
  ...change,
})

const header = (raw: string, name: string) =>
  new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, "im").exec(raw.slice(0, raw.indexOf("\r\n\r\n")))?.[1]

/** RFC 2045 section 6.7. */
const decoded = (raw: string) =>
  raw
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

describe("a mail over SMTP", () => {
  test("arrives in a text and an HTML form, from the configured sender, marked as made by a machine", async () => {
    const { received, port } = await startServer()
    expect(await sender(`smtp://127.0.0.1:${String(port)}`).send(mail())).toBe("sent")
    expect(received).toHaveLength(1)
    const { raw, from, to } = received[0] as Received
    expect([from, to]).toEqual(["no-reply@harbour.example", ["ann@example.org"]])
    expect(header(raw, "From")).toBe("Harbour <no-reply@harbour.example>")
    expect(header(raw, "To")).toBe("ann@example.org")
    expect(header(raw, "Subject")).toBe("Your code for Harbour")
    expect(header(raw, "Auto-Submitted")).toBe("auto-generated")
    expect(header(raw, "Content-Type")).toContain("multipart/alternative")
    expect(header(raw, "Message-ID")).toBe("<0193-abc@harbour.example>")
    expect(header(raw, "Date")).toBe("Tue, 24 Nov 2026 21:21:00 +0000")
    expect(raw.indexOf("text/plain")).toBeLessThan(raw.indexOf("text/html"))
    expect(raw).toContain("    042517\r\n")
  })

  test("a long link arrives whole", async () => {
    const { received, port } = await startServer()
    const link = `https://id.example.org/confirm?token=${"Ab-_".repeat(40)}&email=ann%40example.org`
    await sender(`smtp://127.0.0.1:${String(port)}`).send(mail({ text: `Set a new password:\n${link}\n\nOnce.` }))
    expect(decoded(received[0]?.raw ?? "")).toContain(`${link}\r\n`)
  })

  test.each([
    ["a line end in the recipient", { to: "ann@example.org\r\nBcc: eve@example.org" }],
    ["a second recipient", { to: "ann@example.org, eve@example.org" }],
    ["a group", { to: "all: ann@example.org;" }],
    ["a name with an address", { to: "Ann <ann@example.org>" }],
    ["an address in a comment", { to: "ann@example.org(eve@example.org)" }],
    ["a quoted local part", { to: '"eve@example.org"@example.org' }],
    ["an option for a mail program", { to: "-Xlog@example.org" }],
    ["nothing", { to: "" }],
  ])("%s is refused before anything is sent", async (_, change) => {
    const { received, port } = await startServer()
    expect(await sender(`smtp://127.0.0.1:${String(port)}`).send(mail(change))).toBe("refused")
    expect(received).toEqual([])
  })

  test("a line end in the subject makes no header", async () => {
    const { received, port } = await startServer()
    await sender(`smtp://127.0.0.1:${String(port)}`).send(
      mail({ subject: "Hello\r\nBcc: eve@example.org\r\n\r\nBody" }),
    )
    expect(header(received[0]?.raw ?? "", "Bcc")).toBeUndefined()
    expect(received[0]?.to).toEqual(["ann@example.org"])
  })

  test("a body with lines that end SMTP's data arrives whole", async () => {
    const { received, port } = await startServer()
    await sender(`smtp://127.0.0.1:${String(port)}`).send(mail({ text: "one\n.\nQUIT\n.two\n" }))
    expect(received).toHaveLength(1)
    expect(received[0]?.raw).toContain("one\r\n.\r\nQUIT\r\n.two")
  })
})

describe("a server that does not take it", () => {
  test("one that is down leaves the mail for another try, and the error names neither address nor password", async () => {
    const { port, close } = await startServer()
    await close()
    const sending = sender(`smtp://user:hunter2@127.0.0.1:${String(port)}`).send(mail())
    const error = await sending.catch((reason: unknown) => reason as Error)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(/^smtp E[A-Z]+$/)
    expect((error as Error).stack).not.toMatch(/hunter2|ann@example/)
  })

  const answering = (responseCode: number): SMTPServerOptions => ({
    onRcptTo(address, _session, done) {
      done(Object.assign(new Error(`no ${address.address} here`), { responseCode }))
    },
  })

  test("a recipient refused for good (550) is not tried again", async () => {
    const { port } = await startServer(answering(550))
    expect(await sender(`smtp://127.0.0.1:${String(port)}`).send(mail())).toBe("refused")
  })

  test("a recipient refused for now (451) is", async () => {
    const { port } = await startServer(answering(451))
    await expect(sender(`smtp://127.0.0.1:${String(port)}`).send(mail())).rejects.toThrow("smtp EENVELOPE 451")
  })

  test("a password that the server refuses is the operator's matter, and the mail waits", async () => {
    const { port } = await startServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth(_auth, _session, done) {
        done(Object.assign(new Error("no"), { responseCode: 535 }))
      },
    })
    await expect(sender(`smtp://user:wrong@127.0.0.1:${String(port)}`).send(mail())).rejects.toThrow("smtp EAUTH 535")
  })

  test("user and password are sent decoded", async () => {
    const seen: unknown[] = []
    const { port, received } = await startServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, done) {
        seen.push(username, password)
        done(null, { user: "ok" })
      },
    })
    await sender(`smtp://no-reply%40harbour.example:p%3Aa%2Fss@127.0.0.1:${String(port)}`).send(mail())
    expect(seen).toEqual(["no-reply@harbour.example", "p:a/ss"])
    expect(received).toHaveLength(1)
  })

  test("no password goes to a server that offers no TLS, unless it is on this machine or that was asked for", async () => {
    const seen: unknown[] = []
    const { port } = await startServer({
      allowInsecureAuth: true,
      onAuth(auth, _session, done) {
        seen.push(auth.password)
        done(null, { user: "ok" })
      },
    })
    const strict = sender(`smtp://user:hunter2@127.0.0.1:${String(port)}?tls=required`)
    await expect(strict.send(mail())).rejects.toThrow(/^smtp ETLS/)
    expect(seen).toEqual([])
  })
})

describe("the SMTP URL", () => {
  test.each([
    [
      "smtp://mail.example.org",
      { host: "mail.example.org", port: 587, secure: false, requireTLS: false, ignoreTLS: false },
    ],
    ["smtp://u:p@mail.example.org:2525", { port: 2525, requireTLS: true, auth: { user: "u", pass: "p" } }],
    ["smtps://u:p@mail.example.org", { port: 465, secure: true, requireTLS: false }],
    ["smtp://127.0.0.1:1025", { port: 1025, ignoreTLS: true }],
    ["smtp://[::1]:1025", { host: "::1", ignoreTLS: true }],
    ["smtp://u:p@relay:25?tls=off", { ignoreTLS: true, requireTLS: false }],
  ])("%s is read", (url, expected) => {
    expect(readSmtpUrl(url)).toMatchObject(expected)
  })

  test.each([
    "",
    "mail.example.org",
    "http://mail.example.org",
    "smtp://",
    "smtp://h?tls=perhaps",
    "smtp://a:%zz-hunter2@h",
  ])("%j is refused at start, without repeating it", (url) => {
    expect(() => readSmtpUrl(url)).toThrow(TypeError)
    expect(() => readSmtpUrl(url)).not.toThrow(/hunter2/)
  })
})

describe("the sender", () => {
  test.each([
    ["no-reply@harbour.example", { name: "", address: "no-reply@harbour.example" }],
    ["Harbour & Sons <no-reply@harbour.example>", { name: "Harbour & Sons", address: "no-reply@harbour.example" }],
    ['"Harbour, Sons" <a@b.example>', { name: "Harbour, Sons", address: "a@b.example" }],
    ["countersign@localhost", { name: "", address: "countersign@localhost" }],
  ])("%s is read", (text, expected) => {
    expect(readSender(text)).toEqual(expected)
  })

  test.each(["", "Harbour", "a@b.example, c@d.example", "H <a@b>\r\nBcc: x@y", "<>"])("%j is refused", (text) => {
    expect(() => readSender(text)).toThrow(TypeError)
  })
})

test.each([
  ["ann@example.org", true],
  ["ann+tag@example.org", true],
  ["ann.o'neil@sub.example.org", true],
  ["jürgen@bücher.example", true],
  ["a@localhost", true],
  ["ann..lee@example.org", true],
  ["ann@my_host.example", true],
  ["ann@-example.org", false],
  ["ann@example..org", false],
  ["ann@@example.org", false],
  ["ann @example.org", false],
  ["ann\u200b@example.org", false],
  ["ann@[127.0.0.1]", false],
  [`${"a".repeat(65)}@example.org`, false],
])("%j is one mailbox: %s", (address, expected) => {
  expect(isMailbox(address)).toBe(expected)
})
