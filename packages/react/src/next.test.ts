import { afterEach, expect, test, vi } from "vitest"
import { startTestServer } from "countersign/testing"
import type { TestServer } from "countersign/testing"
import {
  auth,
  authOf,
  configureCountersign,
  countersignHandlers,
  countersignMiddleware,
  countersignState,
  createRouteMatcher,
  currentUser,
  reverificationError,
  reverificationErrorResponse,
} from "./next.ts"

let incoming = new Headers()
const redirected: string[] = []
vi.mock("next/headers", () => ({ headers: async () => incoming }))
vi.mock("next/navigation", () => ({
  redirect: (url: string) => {
    redirected.push(url)
    throw new Error("NEXT_REDIRECT")
  },
}))

afterEach(() => {
  configureCountersign({})
  incoming = new Headers()
  redirected.length = 0
})

/** The request headers of a browser that signed in as this person, and how far it came. */
async function signedIn(
  server: TestServer,
  code?: (code: string) => string | undefined,
): Promise<{ headers: Headers; id: string }> {
  configureCountersign({ url: server.url, fetch: (request) => server.fetch(request) })
  const person = await server.createUser({ totp: true, roles: ["admin"] })
  const browser = server.client()
  await browser.post("/v1/sign-in", { email: person.email, password: person.password })
  const answer = (code ?? ((shown) => shown))(person.app?.code() ?? "")
  if (answer !== undefined) await browser.post("/v1/challenge/answer", { kind: "totp", answer })
  const cookie = ["theme=dark", ...[...browser.cookies].map((pair) => pair.join("=")), "tracking=1"].join("; ")
  return { headers: new Headers({ cookie, "user-agent": "Test browser" }), id: person.id }
}

test("server code knows who is signed in, what they may, and what the provider needs", async () => {
  await using server = await startTestServer({ startAt: Date.now() })
  const { headers, id } = await signedIn(server)
  incoming = headers
  const found = await auth()
  expect(found).toMatchObject({ isAuthenticated: true, userId: id, sessionClaims: { sub: id, fva: [0, 0] } })
  expect(found.has({ reverification: "strict_mfa" })).toBe(true)
  expect(found.has({ role: "admin" })).toBe(true)
  expect(found.has({ role: "owner" })).toBe(false)
  expect(found.has({ reverification: "strict", role: "owner" })).toBe(false)
  expect((await currentUser())?.id).toBe(id)
  expect(await countersignState()).toMatchObject({ user: { id }, tasks: [], challenge: null })
  expect((await auth.protect()).userId).toBe(id)
})

test("a proof that has grown old is not fresh, and is asked for in the form that the hook reads", async () => {
  await using server = await startTestServer({ startAt: Date.now() - 11 * 60_000 })
  const { headers } = await signedIn(server)
  const { has } = await authOf({ headers })
  expect(has({ reverification: "strict" })).toBe(false)
  expect(has({ reverification: "moderate" })).toBe(true)
  const response = reverificationErrorResponse("strict")
  expect(response.status).toBe(403)
  expect(await response.json()).toEqual(reverificationError("strict"))
})

test("without cookie and bearer nobody is asked and nobody is signed in", async () => {
  const fetch = vi.fn<(request: Request) => Promise<Response>>()
  configureCountersign({ url: "http://unused", fetch })
  incoming = new Headers({ cookie: "theme=dark; __Secure-countersign-lookalike=1" })
  expect(await auth()).toMatchObject({ isAuthenticated: false, userId: null, sessionClaims: null })
  expect((await auth()).has({ role: "admin" })).toBe(false)
  await expect(auth.protect({ returnTo: "/team?x=1" })).rejects.toThrow("NEXT_REDIRECT")
  expect(redirected).toEqual(["/account/sign-in?return_to=%2Fteam%3Fx%3D1"])
  expect(fetch).not.toHaveBeenCalled()
})

test("half a sign-in is none, and a dead cookie is none", async () => {
  await using server = await startTestServer({ startAt: Date.now() })
  const half = await signedIn(server, () => undefined)
  expect((await authOf({ headers: half.headers })).isAuthenticated).toBe(false)
  incoming = half.headers
  expect((await countersignState()).challenge?.purpose).toBe("sign_in")
  expect(await currentUser()).toBeNull()
  const dead = new Headers({ cookie: "countersign=css_dead; __Host-countersign=css_dead" })
  expect((await authOf({ headers: dead })).isAuthenticated).toBe(false)
  const bearer = new Headers({ authorization: "Bearer css_dead" })
  expect((await authOf({ headers: bearer })).isAuthenticated).toBe(false)
})

test("a bearer's session is known as well", async () => {
  await using server = await startTestServer({ startAt: Date.now() })
  configureCountersign({ url: server.url, fetch: (request) => server.fetch(request) })
  const { email, password, id } = await server.createUser()
  const { json } = await server.client().post<{ token: string }>("/v1/sign-in", { email, password, session: "bearer" })
  const headers = new Headers({ authorization: `Bearer ${json.token}` })
  expect((await authOf({ headers })).userId).toBe(id)

  const short = await server.client({ bearer: json.token }).post<{ token: string }>("/v1/session/token")
  const found = await authOf({ headers: new Headers({ authorization: `Bearer ${short.json.token}` }) })
  expect(found).toMatchObject({ isAuthenticated: true, userId: id, sessionClaims: { fva: [0, -1] } })
  expect(found.has({ reverification: "strict" })).toBe(true)
  expect(found.has({ role: "admin" })).toBe(false)
  const altered = new Headers({ authorization: `Bearer ${short.json.token.slice(0, -6)}AAAAAA` })
  expect((await authOf({ headers: altered })).isAuthenticated).toBe(false)
})

test("only our own cookies reach Countersign, and the person's browser is named", async () => {
  const seen: Headers[] = []
  configureCountersign({
    url: "http://countersign.internal",
    fetch: async (request) => {
      seen.push(request.headers)
      return Response.json({ session: null, user: null, tasks: [], challenge: null })
    },
  })
  incoming = new Headers({
    cookie: "a=1; __Host-countersign=css_x; countersign-challenge=csc_y; b=2",
    "user-agent": "Browser",
  })
  await auth()
  expect(seen[0]?.get("cookie")).toBe("__Host-countersign=css_x; countersign-challenge=csc_y")
  expect(seen[0]?.get("user-agent")).toBe("Browser")
})

test("one request to the app is one question, however many ask", async () => {
  let asked = 0
  configureCountersign({
    url: "http://countersign.internal",
    fetch: async () => {
      asked += 1
      return Response.json({ session: null, user: null, tasks: [], challenge: null })
    },
  })
  incoming = new Headers({ cookie: "countersign=css_x" })
  await Promise.all([auth(), auth(), currentUser()])
  expect(asked).toBe(1)
})

test("a Countersign that can't be reached is an error and not a sign-out", async () => {
  configureCountersign({
    url: "http://countersign.internal",
    fetch: async () => Promise.reject(new TypeError("refused")),
  })
  incoming = new Headers({ cookie: "countersign=css_x" })
  await expect(auth()).rejects.toMatchObject({ code: "network_error" })
})

test("middleware: a page leads to sign in and back, anything else is refused, and Countersign's own places stay open", async () => {
  configureCountersign({ url: "http://unused", fetch: async () => new Response() })
  const isProtected = createRouteMatcher(["/team(.*)", "/v1/(.*)"])
  const middleware = countersignMiddleware(async (found, request) => {
    if (isProtected(request)) await found.protect()
  })
  const ask = (path: string, init: RequestInit = {}): Promise<Response | undefined> =>
    middleware(new Request(`https://app.example${path}`, init))
  const page = await ask("/team/1?x=2", { headers: { accept: "text/html" } })
  expect(page?.status).toBe(307)
  expect(page?.headers.get("location")).toBe("https://app.example/account/sign-in?return_to=%2Fteam%2F1%3Fx%3D2")
  const call = await ask("/team/1", { method: "POST" })
  expect(call?.status).toBe(401)
  expect(await call?.json()).toMatchObject({ code: "unauthenticated" })
  expect(await ask("/public")).toBeUndefined()
  expect(await ask("/v1/session")).toBeUndefined()
  expect(await countersignMiddleware()(new Request("https://app.example/team"))).toBeUndefined()
})

test("route patterns match whole paths and nothing that only looks like them", () => {
  const match = createRouteMatcher(["/account", "/team/:id/settings", "/admin(.*)", "/a.b"])
  const at = (path: string): boolean => match({ url: `https://app.example${path}` })
  for (const path of ["/account", "/account/", "/team/7/settings", "/admin", "/admin/x/y", "/a.b"])
    expect(at(path)).toBe(true)
  for (const path of ["/accounts", "/x/account", "/team/settings", "/team/1/2/settings", "/axb"])
    expect(at(path)).toBe(false)
})

test("mounted below a path of its own, that path is Countersign's and the sign-in page is below it", async () => {
  configureCountersign({ url: "http://unused", path: "/auth/" })
  const middleware = countersignMiddleware((found) => found.protect())
  const ask = (path: string): Promise<Response | undefined> =>
    middleware(new Request(`https://app.example${path}`, { headers: { accept: "text/html" } }))
  expect(await ask("/auth/v1/session")).toBeUndefined()
  expect(await ask("/auth")).toBeUndefined()
  for (const path of ["/authors", "/account"])
    expect((await ask(path))?.headers.get("location")).toMatch(/^https:\/\/app\.example\/auth\/account\/sign-in\?/)
})

test("mounted handlers hand every method on", async () => {
  await using server = await startTestServer()
  const seen: unknown[] = []
  const fetch = (request: Request, connection?: { address?: string }): Promise<Response> => {
    seen.push(connection)
    return server.fetch(request)
  }
  const handlers = countersignHandlers({ fetch }, () => "198.51.100.9")
  const answer = await handlers.GET(new Request(`${server.url}/v1/session`))
  expect(await answer.json()).toMatchObject({ session: null })
  expect(seen).toEqual([{ address: "198.51.100.9" }])
  expect(Object.keys(handlers)).toEqual(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
})
