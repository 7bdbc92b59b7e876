import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { ConfigurationError } from "./config/read.ts"
import { createCountersign } from "./countersign.ts"
import type { CountersignOptions } from "./countersign.ts"
import { startTestServer } from "./testing/testing.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-root-"))
afterAll(() => rmSync(folder, { recursive: true }))

const inMemory = (options: CountersignOptions = {}) =>
  createCountersign({ databaseUrl: "sqlite::memory:", logLevel: "silent", ...options }, { environment: {} })

test("options win over the environment, and nothing is opened before it is asked for", () => {
  const server = createCountersign(
    { issuer: "In code" },
    {
      environment: { COUNTERSIGN_ISSUER: "Outside", COUNTERSIGN_DATABASE_URL: `sqlite:${join(folder, "no", "file")}` },
    },
  )
  expect(server.config.issuer).toBe("In code")
  expect(() => server.engine).toThrow(TypeError)
})

test("a wrong configuration is refused at once, with every mistake", () => {
  expect(() => inMemory({ totpWindow: 7, host: "0.0.0.0" })).toThrow(ConfigurationError)
})

test("the port in the public URL is the one that is listened on", async () => {
  const server = inMemory({ port: 0 })
  const { url, close } = await server.listen()
  expect(url).toMatch(/^http:\/\/localhost:\d+$/)
  expect(server.engine.settings.publicUrl).toBe(url)
  const health = await fetch(`${url.replace("localhost", "127.0.0.1")}/healthz`)
  expect(health.status).toBe(200)
  await close()
  await server.close()
})

test("a port that is taken is an error, and the server can still be closed", async () => {
  const one = inMemory({ port: 0 })
  const { url } = await one.listen()
  const two = inMemory({ port: Number(new URL(url).port) })
  await expect(two.listen()).rejects.toMatchObject({ code: "EADDRINUSE" })
  await Promise.all([one.close(), two.close()])
})

test("closing waits for what is under way and lets nobody else in", async () => {
  const server = inMemory({ port: 0 })
  const { url } = await server.listen()
  const port = Number(new URL(url).port)
  // A client that keeps its connection open must not hold the server up.
  const idle = connect(port, "127.0.0.1")
  await new Promise((resolve) => idle.once("connect", resolve))
  const closing = Promise.all([server.close(), server.close()])
  await closing
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow(/fetch failed/)
  idle.destroy()
})

test("a database that can't be opened is told, and tried again at the next request", async () => {
  const file = join(folder, "late.sqlite")
  writeFileSync(file, "this is no database, and long enough to be read as one: ".repeat(40))
  const server = createCountersign({ databaseUrl: `sqlite:${file}`, logLevel: "silent" }, { environment: {} })
  const ask = () => server.fetch(new Request("http://localhost:3000/healthz"))
  await expect(ask()).rejects.toThrow(/database/)
  rmSync(file)
  expect((await ask()).status).toBe(200)
  await server.close()
})

test("a door that is not named in DOORS does not exist", async () => {
  await using server = await startTestServer({ doors: ["account"] })
  const { status } = await server.client().post("/v1/sign-in", { email: "a@example.com", password: "x" })
  expect(status).toBe(404)
})

test("the mailbox page exists in development without SMTP, and nowhere else", async () => {
  await using development = await startTestServer()
  expect((await development.client().get("/dev/mailbox")).status).toBe(200)
  await using sending = await startTestServer({ smtpUrl: "smtp://127.0.0.1:1" })
  expect((await sending.client().get("/dev/mailbox")).status).toBe(404)
  await using open = await startTestServer({
    host: "0.0.0.0",
    addressLimits: true,
    publicUrl: "https://auth.example.com",
    smtpUrl: "smtp://127.0.0.1:1",
    keys: [{ id: "k1", key: crypto.getRandomValues(new Uint8Array(32)) }],
  })
  expect((await open.client().get("/dev/mailbox")).status).toBe(404)
})

test("what is not there is a 404 in every case, and no fault", async () => {
  await using server = await startTestServer()
  for (const path of ["/", "/nothing", "/v1/nothing", "/dev/nothing", "/..%2f", "/%00"])
    expect((await server.client().get(path)).status).toBeLessThan(500)
  expect(server.reports).toEqual([])
})

test("the address alone leads to the pages, and the link in a mail to one of them", async () => {
  await using server = await startTestServer()
  const browser = server.client()
  expect((await browser.get("/")).headers.get("location")).toBe("/account")
  await browser.post("/v1/sign-up", { email: "ann@example.com", password: "a long enough pass phrase" })
  const [link = ""] = (await server.mails.latestTo("ann@example.com")).links
  expect(link).toMatch(/^http:\/\/localhost:3000\/account\//)
  expect((await browser.get(link)).status).toBe(200)
})
