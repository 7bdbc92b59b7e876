import { expect, test } from "vitest"
import { createMailbox } from "./mailbox.ts"
import type { OutgoingMail } from "./transport.ts"

const mail = (change: Partial<OutgoingMail> = {}): OutgoingMail => ({
  id: "m1",
  to: "ann@example.org",
  subject: "Your code for Harbour",
  text: "Your code\n\n    042517\n\nhttp://localhost:3000/account?a=1&b=2\nhttp://localhost:3000/account?a=1&b=2",
  html: `<!doctype html><html><head><title>x</title></head><body><a href="http://localhost:3000/account">go</a></body></html>`,
  writtenAt: Date.UTC(2026, 10, 24, 21, 21, 5),
  ...change,
})

const start = () => {
  const mailbox = createMailbox({ from: "Harbour <no-reply@harbour.example>", issuer: "Harbour" })
  const get = async (path: string, params: Record<string, string> = {}, host = "http://localhost:3000") => {
    const url = new URL(path, host)
    const pattern = params["id"] === undefined ? url.pathname : "/dev/mailbox/:id"
    const route = mailbox.routes.find((candidate) => candidate.path === pattern)
    if (!route) throw new Error(`no route ${path}`)
    const response = route.handle({ url, params })
    return { response, text: await response.text() }
  }
  return { mailbox, get, send: (change?: Partial<OutgoingMail>) => mailbox.transport.send(mail(change)) }
}

test("mails are listed newest first, with their code", async () => {
  const { get, send } = start()
  await send()
  await send({ id: "m2", subject: "Second", text: "no code" })
  const { response, text } = await get("/dev/mailbox")
  expect(response.status).toBe(200)
  expect(response.headers.get("cache-control")).toBe("no-store")
  expect(text.indexOf("Second")).toBeLessThan(text.indexOf("Your code for Harbour"))
  expect(text).toContain("042517")
  expect(text).toContain("2026-11-24 21:21:05 UTC")
})

test("one mail is shown as text with links that work, and as HTML in a sandbox without script", async () => {
  const { get, send } = start()
  await send()
  const { response, text } = await get("/dev/mailbox/m1", { id: "m1" })
  expect(text).toContain(`<a href="http://localhost:3000/account?a=1&amp;b=2">`)
  expect(text).toMatch(/<iframe [^>]*sandbox="[^"]*"/)
  expect(text).not.toContain("allow-scripts")
  expect(text).not.toContain("allow-same-origin")
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'")
})

test("what a mail carries can't break out of the page", async () => {
  const { get, send } = start()
  await send({
    subject: "<script>1</script>",
    text: `"><script>2</script>`,
    html: `"><script>3</script>`,
    to: "a'b@example.org",
  })
  for (const path of ["/dev/mailbox", "/dev/mailbox/m1"]) {
    const { text } = await get(path, path.endsWith("m1") ? { id: "m1" } : {})
    expect(text).not.toContain("<script")
  }
})

test("scripts read JSON, narrowed by recipient", async () => {
  const { get, send } = start()
  await send()
  await send({ id: "m2", to: "bob@example.org" })
  const all = JSON.parse((await get("/dev/mailbox.json")).text) as { mails: unknown[] }
  expect(all.mails).toHaveLength(2)
  const { mails } = JSON.parse((await get("/dev/mailbox.json?to=ANN@example.org")).text) as { mails: unknown[] }
  expect(mails).toEqual([
    {
      id: "m1",
      at: "2026-11-24T21:21:05.000Z",
      to: "ann@example.org",
      from: "Harbour <no-reply@harbour.example>",
      subject: "Your code for Harbour",
      text: mail().text,
      html: mail().html,
      links: ["http://localhost:3000/account?a=1&b=2"],
      code: "042517",
    },
  ])
})

test("the newest 200 are kept", async () => {
  const { mailbox, send } = start()
  for (let index = 0; index < 205; index++) await send({ id: `m${String(index)}` })
  expect(mailbox.list()).toHaveLength(200)
  expect(mailbox.list()[0]?.id).toBe("m204")
  mailbox.clear()
  expect(mailbox.list()).toEqual([])
})

test("a mail that is gone is a 404 that leads back to the list", async () => {
  const { response, text } = await start().get("/dev/mailbox/none", { id: "none" })
  expect(response.status).toBe(404)
  expect(text).toContain("no longer here")
})

test("an empty mailbox says what to do", async () => {
  expect((await start().get("/dev/mailbox")).text).toContain("No mail yet")
})

test("a foreign host name that leads to this machine reads nothing", async () => {
  const { get, send } = start()
  await send()
  for (const path of ["/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/m1"]) {
    const { response, text } = await get(path, path.endsWith("m1") ? { id: "m1" } : {}, "http://evil.example:3000")
    expect(response.status).toBe(403)
    expect(text).not.toContain("042517")
  }
})

test("an address that SMTP would refuse is refused here too", async () => {
  const { mailbox, send } = start()
  expect(await send({ to: "a@b.example, c@d.example" })).toBe("refused")
  expect(mailbox.list()).toEqual([])
})
