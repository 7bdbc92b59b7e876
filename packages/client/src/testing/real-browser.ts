import type { TestServer } from "countersign/testing"

/** How a browser on the server's own origin would call it: keeps cookies, names its origin. */
export type RealBrowser = {
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>
  readonly cookies: Map<string, string>
  readonly calls: string[]
}

/** `cookies: false`: a phone, which keeps none. */
export function createRealBrowser(server: TestServer, keepsCookies = true): RealBrowser {
  const cookies = new Map<string, string>()
  const calls: string[] = []
  return {
    cookies,
    calls,
    async fetch(input, init = {}) {
      const headers = new Headers(init.headers)
      const method = init.method ?? "GET"
      if (keepsCookies) {
        if (cookies.size > 0) headers.set("cookie", [...cookies].map((pair) => pair.join("=")).join("; "))
        if (method !== "GET") headers.set("origin", new URL(server.url).origin)
      }
      const { body, signal } = init
      calls.push(`${method} ${new URL(input).pathname.replace("/v1", "")}`)
      const request = new Request(input, { method, headers, body: body ?? null, signal: signal ?? null })
      const response = await server.fetch(request, { address: "198.51.100.7" })
      for (const line of keepsCookies ? response.headers.getSetCookie() : []) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (/max-age=0/i.test(line)) cookies.delete(name)
        else cookies.set(name, value)
      }
      return response
    },
  }
}
