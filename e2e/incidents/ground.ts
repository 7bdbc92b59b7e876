/** The ground that the tests of known incidents stand on: a whole server, people on it, and every way in. */
import { randomBytes } from "node:crypto"
import {
  type Answer,
  type ClientOptions,
  startTestServer,
  type TestClient,
  type TestServer,
  type TestServerOptions,
  type TestUser,
} from "countersign/testing"

export type Json = Record<string, unknown>

export const serviceScopes = [
  "users:read",
  "users:write",
  "factors:read",
  "factors:write",
  "challenges:write",
  "mfa-tokens:spend",
  "audit:read",
]

export const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" } } as const

/** A person with an app, recovery codes and (where wanted) the mailed code, and the ids of what they have. */
export type Person = TestUser & {
  readonly codes: readonly string[]
  readonly factorId: string
}

export type Ground = {
  readonly server: TestServer
  /** A browser without cookies, or a program with a bearer. */
  readonly client: (options?: ClientOptions) => TestClient
  readonly person: (wanted?: { email?: string; mailed?: boolean; roles?: readonly string[] }) => Promise<Person>
  /** A user with a password and nothing else. */
  readonly plain: (wanted?: { email?: string; roles?: readonly string[]; confirmed?: boolean }) => Promise<TestUser>
  /** A service with every scope. */
  readonly service: TestClient
  /** Signed in at the native door, with a code where there is an app; the clock goes on to the next step. */
  readonly signedIn: (who: TestUser, options?: ClientOptions & { remember?: boolean }) => Promise<TestClient>
  /** As `signedIn`, by a bearer. */
  readonly bearer: (who: TestUser) => Promise<TestClient & { readonly token: string }>
  /** Half-way at the native door: a browser that holds the challenge and nothing else. */
  readonly half: (who: TestUser, options?: ClientOptions) => Promise<TestClient>
  /** Is somebody signed in with what this client holds? */
  readonly whoIs: (client: TestClient) => Promise<string | undefined>
  /** Ends the server. @throws Error where it has reported something unexpected: no attack is a fault of ours. */
  readonly close: () => Promise<void>
}

/** A ring as an operator would draw it, so that several servers can read one database. */
export const drawRing = () => [{ id: "test", key: new Uint8Array(randomBytes(32)) }]

export const startGround = async (options: TestServerOptions = {}): Promise<Ground> => {
  const server = await startTestServer(options)
  return groundOn(server)
}

const hasApp = (who: TestUser): boolean => {
  try {
    return who.app.secret !== ""
  } catch {
    return false
  }
}

export const groundOn = async (server: TestServer): Promise<Ground> => {
  const service = server.client({ bearer: await server.createServiceKey(serviceScopes) })
  const half: Ground["half"] = async ({ email, password }, about) => {
    const browser = server.client(about)
    must(await browser.post("/v1/sign-in", { email, password }), 200)
    return browser
  }
  const signedIn: Ground["signedIn"] = async (who, { remember, ...about } = {}) => {
    const browser = await half(who, about)
    if (!hasApp(who)) return browser
    const answer = { kind: "totp", answer: who.app.code(), ...(remember ? { rememberDevice: true } : {}) }
    must(await browser.post("/v1/challenge/answer", answer), 200)
    server.clock.advance(30)
    return browser
  }

  return {
    server,
    client: (about) => server.client(about),
    service,
    half,
    signedIn,
    plain: async (wanted = {}) => await server.createUser(wanted),
    async person({ mailed = false, ...wanted } = {}) {
      const user = await server.createUser({ ...wanted, totp: true })
      const acting = { ...operator, userId: user.id }
      if (mailed) await server.engine.factors.add(acting, { kind: "email-code" })
      const { codes } = await server.engine.recoveryCodes.replace(acting)
      const factor = (await server.engine.factors.list(acting)).find(({ kind }) => kind === "totp")
      return { ...user, app: user.app, codes, factorId: factor?.id ?? "" }
    },
    async bearer(who) {
      const first = must(
        await server.client().post<Json>("/v1/sign-in", { ...credentials(who), session: "bearer" }),
        200,
      )
      let token = String(first.json["token"])
      if (first.json["status"] !== "complete") {
        const answer = { kind: "totp", answer: who.app.code() }
        token = String(
          must(await server.client({ bearer: token }).post("/v1/challenge/answer", answer), 200).json["token"],
        )
        server.clock.advance(30)
      }
      return { ...server.client({ bearer: token }), token }
    },
    async whoIs(client) {
      const me = await client.get<Json>("/v1/me")
      return me.status === 200 ? String(me.json["email"]) : undefined
    },
    async close() {
      await server.close()
      if (server.reports.length > 0) throw new Error(`the server reported: ${server.reports.join("; ")}`)
    },
  }
}

export const credentials = ({ email, password }: Pick<TestUser, "email" | "password">) => ({ email, password })

/** The answer, which has to have the status: what only prepares a test must not fail in silence. */
export const must = <T>(answer: Answer<T>, status: number): Answer<T> => {
  if (answer.status !== status) throw new Error(`answered ${answer.status} in place of ${status}: ${answer.text}`)
  return answer
}

/** Codes that are well formed and wrong for the app, now and for some minutes around. */
export const wrongCodes = (who: Pick<TestUser, "app">, count: number): string[] => {
  const near = new Set(Array.from({ length: 61 }, (_, index) => who.app.code((index - 30) * 30)))
  const codes: string[] = []
  for (let number = 100_000; codes.length < count; number += 7)
    if (!near.has(String(number))) codes.push(String(number))
  return codes
}

export const wrongCode = (who: Pick<TestUser, "app">): string => wrongCodes(who, 1)[0] ?? ""

/** Does what one would see at once happen many times? */
export const atOnce = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

export const codeOf = (answer: Answer<unknown>): unknown => (answer.json as Json | undefined)?.["code"]
