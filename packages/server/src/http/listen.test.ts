import { createServer, request as send } from "node:http"
import type { IncomingMessage, RequestOptions, Server } from "node:http"
import { connect } from "node:net"
import type { AddressInfo } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { afterEach, describe, expect, test } from "vitest"
import { appForTests, testDoor } from "./app-for-tests.ts"
import { listen } from "./listen.ts"
import type { Listening } from "./listen.ts"
import type { Route } from "./route.ts"

const routes: Route[] = [
  {
    method: "GET",
    path: "/source",
    handle: ({ source, url }) => ({ status: 200, json: { address: source.address, path: url.pathname } }),
  },
  { method: "POST", path: "/body", handle: async (call) => ({ status: 200, json: await call.body() }) },
  {
    method: "GET",
    path: "/slow",
    handle: async () => {
      await new Promise((resolve) => setTimeout(resolve, 150))
      return { status: 200, text: "done" }
    },
  },
]

const open: { close: () => Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (each) => await each.close()))
})

const appOf = (more: Parameters<typeof appForTests>[1] = {}) => {
  const app = appForTests([testDoor(routes)], { publicUrl: "http://127.0.0.1:3000", ...more })
  return app.app
}

const started = async (more?: Parameters<typeof appForTests>[1]): Promise<Listening> => {
  const listening = await listen(appOf(more), { host: "127.0.0.1", port: 0 })
  open.push(listening)
  return listening
}

const ask = async (port: number, options: RequestOptions, body?: string): Promise<IncomingMessage & { text: string }> =>
  await new Promise((resolve, reject) => {
    const sent = send({ host: "127.0.0.1", port, agent: false, ...options }, (incoming) => {
      let text = ""
      incoming
        .setEncoding("utf8")
        .on("data", (chunk: string) => (text += chunk))
        .on("end", () => resolve(Object.assign(incoming, { text })))
    })
    sent.on("error", reject)
    sent.end(body)
  })

describe("over a socket", () => {
  test("an answer arrives, with the peer's address as the source", async () => {
    const { port } = await started()
    const response = await ask(port, { path: "/t/source" })
    expect(JSON.parse(response.text)).toEqual({ address: "127.0.0.1", path: "/t/source" })
  })
  test.each(["TRACE", "PROPFIND", "PUT"])("%s is a 405 that names what is served", async (method) => {
    const { port } = await started()
    const response = await ask(port, { path: "/t/source", method })
    expect(response.statusCode).toBe(405)
    expect(response.headers.allow).toContain("GET")
    expect(response.text).not.toContain("TRACE /")
  })
  test("HEAD has the headers and no body", async () => {
    const { port } = await started()
    const response = await ask(port, { path: "/t/source", method: "HEAD" })
    expect(response.statusCode).toBe(200)
    expect(response.text).toBe("")
  })
  test("too large a body is a 413, told or chunked, and the next request is answered", async () => {
    const { port } = await started()
    const large = JSON.stringify({ a: "x".repeat(200_000) })
    const json = { "content-type": "application/json" }
    expect(
      (
        await ask(
          port,
          { path: "/t/body", method: "POST", headers: { ...json, "content-length": large.length } },
          large,
        )
      ).statusCode,
    ).toBe(413)
    expect(
      (
        await ask(
          port,
          { path: "/t/body", method: "POST", headers: { ...json, "transfer-encoding": "chunked" } },
          large,
        )
      ).statusCode,
    ).toBe(413)
    expect((await ask(port, { path: "/t/body", method: "POST", headers: json }, '{"a":1}')).text).toBe('{"a":1}')
  })
  test.each(["evil example", "a/b", "[::1"])("a Host that is none (%j) is a 4xx", async (host) => {
    const { port } = await started()
    expect((await ask(port, { path: "/t/source", headers: { host } })).statusCode).toBe(400)
  })
  test.each(["http://other.example/t/source", "*", "//x/../t/source", "/t\\source"])(
    "an odd target (%s) is no fault",
    async (path) => {
      const { port } = await started()
      expect((await ask(port, { path, method: path === "*" ? "OPTIONS" : "GET" })).statusCode).toBeLessThan(500)
    },
  )
  test("a body that breaks off harms nobody", async () => {
    const { port } = await started()
    const socket = connect(port, "127.0.0.1")
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()))
    socket.write("POST /t/body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    expect((await ask(port, { path: "/t/source" })).statusCode).toBe(200)
  })
  test("closing lets what is under way finish and takes nothing new", async () => {
    const listening = await listen(appOf(), { host: "127.0.0.1", port: 0 })
    const underWay = ask(listening.port, { path: "/t/slow" })
    await new Promise((resolve) => setTimeout(resolve, 30))
    const closing = listening.close()
    await expect(ask(listening.port, { path: "/t/source" })).rejects.toMatchObject({ code: "ECONNREFUSED" })
    expect((await underWay).text).toBe("done")
    await closing
  })
  test("an idle connection that is kept alive does not hold the closing up", async () => {
    const listening = await listen(appOf(), { host: "127.0.0.1", port: 0 })
    const socket = connect(listening.port, "127.0.0.1")
    await new Promise<void>((resolve) => {
      socket.once("data", () => resolve())
      socket.write("GET /t/source HTTP/1.1\r\nHost: x\r\n\r\n")
    })
    await listening.close()
    socket.destroy()
  })
  test("a port that is taken is an error, not a crash", async () => {
    const { port } = await started()
    await expect(listen(appOf(), { host: "127.0.0.1", port })).rejects.toMatchObject({ code: "EADDRINUSE" })
  })
})

describe("mounted in an app's own server", () => {
  /** What `docs/guides/mount.md` shows for a plain Node server. */
  const mounted = async (change: (incoming: IncomingMessage) => void = () => undefined): Promise<number> => {
    const { fetch } = appOf({ publicUrl: "http://127.0.0.1:3000/auth" })
    const listener = getRequestListener(async (request, bindings) => await fetch(request, bindings), {
      overrideGlobalObjects: false,
    })
    const server: Server = createServer((incoming, outgoing) => {
      if (!incoming.url?.startsWith("/auth/")) return void outgoing.end("the app")
      change(incoming)
      void listener(incoming, outgoing)
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    open.push({ close: async () => await new Promise((resolve) => server.close(resolve)) })
    return (server.address() as AddressInfo).port
  }
  test("the base path may be kept", async () => {
    const port = await mounted()
    expect((await ask(port, { path: "/" })).text).toBe("the app")
    expect((await ask(port, { path: "/auth/t/source" })).statusCode).toBe(200)
    expect(
      (
        await ask(
          port,
          { path: "/auth/t/body", method: "POST", headers: { "content-type": "application/json" } },
          '{"a":1}',
        )
      ).text,
    ).toBe('{"a":1}')
  })
  test("the base path may be taken off, as Express does", async () => {
    const port = await mounted((incoming) => void (incoming.url = (incoming.url ?? "").replace("/auth", "")))
    expect((await ask(port, { path: "/auth/t/source" })).statusCode).toBe(200)
  })
  test("behind a parser that has eaten the body it is a 4xx that says so", async () => {
    const { fetch } = appOf()
    const request = new Request("http://127.0.0.1:3000/t/body", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    })
    await request.text()
    const response = await fetch(request)
    expect(response.status).toBe(422)
  })
  test("a parser on a real socket that has eaten the body makes a 4xx as well", async () => {
    const { fetch } = appOf({ publicUrl: "http://127.0.0.1:3000" })
    const listener = getRequestListener(async (request, bindings) => await fetch(request, bindings), {
      overrideGlobalObjects: false,
    })
    const server = createServer((incoming, outgoing) => {
      incoming.resume().on("end", () => void listener(incoming, outgoing))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    open.push({ close: async () => await new Promise((resolve) => server.close(resolve)) })
    const { port } = server.address() as AddressInfo
    const options = { path: "/t/body", method: "POST", headers: { "content-type": "application/json" } }
    const response = await ask(port, options, "{}")
    expect(response.statusCode).toBeGreaterThanOrEqual(400)
    expect(response.statusCode).toBeLessThan(500)
  })
  test("globals of the host are left as they are", async () => {
    const before = [globalThis.Request, globalThis.Response]
    await started()
    expect([globalThis.Request, globalThis.Response]).toEqual(before)
  })
})
