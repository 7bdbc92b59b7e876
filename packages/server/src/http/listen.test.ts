import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { request } from "node:https"
import { connect } from "node:net"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import type { App } from "./app.ts"
import { listen, nodeHandler } from "./listen.ts"

const echo: App["fetch"] = async (asked, connection) => {
  const body = asked.method === "GET" ? "" : await asked.text()
  return Response.json({ path: new URL(asked.url).pathname, body, peer: connection?.incoming?.socket?.remoteAddress })
}

/** A host of its own, as an app with Express or Fastify has it. */
const hosting = async (handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void) => {
  const host = createServer(handle).listen(0, "127.0.0.1")
  await new Promise((resolve) => host.once("listening", resolve))
  const { port } = host.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void host.close() }
}

test("a host that takes the mount path off the URL is answered by the whole one", async () => {
  const handle = nodeHandler(echo)
  using host = await hosting((incoming, outgoing) => {
    const whole = incoming.url ?? ""
    handle(Object.assign(incoming, { originalUrl: whole, url: whole.replace("/auth", "") }), outgoing)
  })
  expect(await (await fetch(`${host.url}/auth/v1/session`)).json()).toMatchObject({ path: "/auth/v1/session" })
})

test("the client's address is the connection's", async () => {
  using host = await hosting(nodeHandler(echo))
  expect(await (await fetch(host.url)).json()).toMatchObject({ peer: "127.0.0.1" })
})

test("the host's own Request and Response stay what they are", async () => {
  const before = [globalThis.Request, globalThis.Response]
  using host = await hosting(nodeHandler(echo))
  await fetch(host.url)
  expect([globalThis.Request, globalThis.Response]).toEqual(before)
})

test("what is no HTTP is refused and leaves the server standing", async () => {
  const server = await listen({ fetch: echo }, { host: "127.0.0.1", port: 0 })
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write("EHLO me\r\n\r\n"))
    socket.once("data", (data) => resolve(String(data)))
  })
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(200)
  await server.close()
})

test("closing lets an answer under way finish and does not wait for an idle connection", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
  const { promise: answered, resolve: answer } = Promise.withResolvers<Response>()
  const slow: App["fetch"] = () => {
    arrive()
    return answered
  }
  const server = await listen({ fetch: slow }, { host: "127.0.0.1", port: 0 })
  const asked = fetch(`http://127.0.0.1:${server.port}/`)
  await arrived
  const closed = server.close()
  answer(new Response("done"))
  expect(await (await asked).text()).toBe("done")
  await closed
})

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0

test.skipIf(!hasOpenssl)("with a certificate it speaks TLS", async () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-tls-"))
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(folder, name))
  const subject = [
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=localhost",
  ]
  execFileSync("openssl", ["req", ...subject, "-keyout", key ?? "", "-out", cert ?? ""], { stdio: "ignore" })
  const tls = { key: readFileSync(key ?? "", "utf8"), cert: readFileSync(cert ?? "", "utf8") }
  const server = await listen({ fetch: echo }, { host: "127.0.0.1", port: 0, tls })
  const status = await new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: server.port, ca: tls.cert, servername: "localhost" }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on("error", reject)
      .end()
  })
  expect(status).toBe(200)
  await server.close()
  rmSync(folder, { recursive: true })
})
