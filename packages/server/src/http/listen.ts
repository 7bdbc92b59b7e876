import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { getRequestListener } from "@hono/node-server"
import type { App } from "./app.ts"

export type Listening = {
  readonly address: string
  readonly port: number
  /** Takes no new connection, lets what is under way finish, and cuts the rest off after some seconds. */
  close(): Promise<void>
}

/** Answers a request of Node's own http server, and of what builds on it: Express, Fastify, Connect. */
export type NodeHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/**
 * The handler for a fetch. Express takes the mount path off the URL and keeps the whole one beside it; ours is the whole.
 * Mount it before anything that reads the body.
 */
export const nodeHandler = (fetch: App["fetch"]): NodeHandler => {
  // The adaptor would else replace the host's own Request and Response by lighter ones.
  const listener = getRequestListener((request, bindings) => fetch(request, bindings), { overrideGlobalObjects: false })
  return (incoming, outgoing) => {
    const { originalUrl } = incoming as { originalUrl?: unknown }
    if (typeof originalUrl === "string") incoming.url = originalUrl
    void listener(incoming, outgoing)
  }
}

const drainMilliseconds = 10_000

/**
 * Listens with an app on a host and port; 0 takes any free port.
 * @throws Error (`EADDRINUSE`, `EACCES`, a certificate that can't be read) when it can't
 */
export const listen = async (
  app: App,
  where: { host: string; port: number; tls?: { cert: string; key: string } | undefined },
): Promise<Listening> => {
  const handle = nodeHandler(app.fetch)
  const limits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000, maxHeaderSize: 16 * 1024 }
  const server = where.tls ? createTlsServer({ ...limits, ...where.tls }, handle) : createServer(limits, handle)

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(where.port, where.host, () => {
      server.off("error", reject)
      resolve()
    })
  })
  const { address, port } = server.address() as AddressInfo

  return {
    address,
    port,
    async close() {
      const cut = setTimeout(() => server.closeAllConnections(), drainMilliseconds)
      // One that was busy is kept alive after its answer, and would hold the server up until its client lets go.
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
      clearTimeout(cut)
      clearInterval(idle)
    },
  }
}

/** A port that was free a moment ago, for when an address has to be known before the server can be made. */
export const freePort = async (host: string): Promise<number> => {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject)
    probe.listen(0, host, resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
