import { createServer } from "node:http"
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

const drainMilliseconds = 10_000

/**
 * Listens with an app on a host and port; 0 takes any free port.
 * @throws Error (`EADDRINUSE`, `EACCES`, a certificate that can't be read) when it can't
 */
export const listen = async (
  app: App,
  where: { host: string; port: number; tls?: { cert: string; key: string } | undefined },
): Promise<Listening> => {
  // Our own fetch gets Node's Request and Response; the adaptor's lighter ones would leak into a host's globals.
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    overrideGlobalObjects: false,
  })
  const handle = (...[incoming, outgoing]: Parameters<typeof listener>): void => void listener(incoming, outgoing)
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
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
      clearTimeout(cut)
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
