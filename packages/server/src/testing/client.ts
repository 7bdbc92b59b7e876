/** A browser, or a program with a key, that speaks to a test server: keeps cookies, sends the origin, reads the answer. */
type Fetch = (request: Request, connection?: { address?: string }) => Promise<Response>

export type Answer<T> = {
  readonly status: number
  readonly headers: Headers
  /** The body as JSON; undefined where it is none. */
  readonly json: T
  readonly text: string
}

export type TestClient = {
  readonly get: <T = Body>(path: string, headers?: Headerish) => Promise<Answer<T>>
  readonly post: <T = Body>(path: string, body?: unknown, headers?: Headerish) => Promise<Answer<T>>
  readonly put: <T = Body>(path: string, body?: unknown, headers?: Headerish) => Promise<Answer<T>>
  readonly patch: <T = Body>(path: string, body?: unknown, headers?: Headerish) => Promise<Answer<T>>
  readonly delete: <T = Body>(path: string, body?: unknown, headers?: Headerish) => Promise<Answer<T>>
  /** A form, as a page posts it. */
  readonly submit: (path: string, fields: Record<string, string>, headers?: Headerish) => Promise<Answer<Body>>
  /** By name. Write to it to plant one, delete from it to lose one. */
  readonly cookies: Map<string, string>
}

export type ClientOptions = {
  /** A key or a session's token, sent as a bearer; no cookies are sent then. */
  readonly bearer?: string | undefined
  /** What a browser would call the page that asks; the server's own where not said, null for none. */
  readonly origin?: string | null | undefined
  /** Where the client seems to be. */
  readonly address?: string | undefined
  readonly agent?: string | undefined
}

type Headerish = Readonly<Record<string, string>>
type Body = Record<string, unknown>

export const createClient = (fetch: Fetch, baseUrl: string, options: ClientOptions = {}): TestClient => {
  const cookies = new Map<string, string>()
  const origin = options.origin === undefined ? new URL(baseUrl).origin : options.origin

  const send = async <T>(
    method: string,
    path: string,
    sent: string | undefined,
    extra: Headerish,
  ): Promise<Answer<T>> => {
    const headers = new Headers({ "user-agent": options.agent ?? "Countersign test client", ...extra })
    if (options.bearer !== undefined) headers.set("authorization", `Bearer ${options.bearer}`)
    else if (cookies.size > 0) headers.set("cookie", [...cookies].map((pair) => pair.join("=")).join("; "))
    if (origin !== null && method !== "GET" && options.bearer === undefined) headers.set("origin", origin)
    const request = new Request(new URL(path, `${baseUrl}/`), {
      method,
      headers,
      redirect: "manual",
      ...(sent === undefined ? {} : { body: sent }),
    })
    const response = await fetch(request, { address: options.address ?? "198.51.100.7" })
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) as T }
  }
  const withJson =
    (method: string) =>
    async <T = Body>(path: string, body?: unknown, headers: Headerish = {}): Promise<Answer<T>> =>
      body === undefined
        ? await send<T>(method, path, undefined, headers)
        : await send<T>(method, path, JSON.stringify(body), { "content-type": "application/json", ...headers })

  return {
    cookies,
    get: async (path, headers = {}) => await send("GET", path, undefined, headers),
    post: withJson("POST"),
    put: withJson("PUT"),
    patch: withJson("PATCH"),
    delete: withJson("DELETE"),
    submit: async (path, fields, headers = {}) =>
      await send("POST", path, new URLSearchParams(fields).toString(), {
        "content-type": "application/x-www-form-urlencoded",
        ...headers,
      }),
  }
}

const keep = (cookies: Map<string, string>, line: string): void => {
  const [pair = "", ...attributes] = line.split(";")
  const equals = pair.indexOf("=")
  const name = pair.slice(0, equals).trim()
  const gone = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute))
  if (gone) cookies.delete(name)
  else cookies.set(name, pair.slice(equals + 1).trim())
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
