/**
 * The native API over a real engine in memory. Every answer that passes is held against the document: its status has to
 * be named there, its body has to fit the schema to the letter, and a refusal's code has to be among those told.
 */
import { randomUUID } from "node:crypto"
import { createEngine } from "../../engine/create-engine.ts"
import type { Engine } from "../../engine/engine.ts"
import type { ErrorCode } from "../../engine/errors.ts"
import type { AppOptions, Environment } from "../../http/app.ts"
import { createApp } from "../../http/app.ts"
import { createAuthenticator } from "../../testing/authenticator.ts"
import type { ScannedAccount } from "../../testing/authenticator.ts"
import type { ClientOptions, TestClient } from "../../testing/client.ts"
import { createClient } from "../../testing/client.ts"
import type { ContextForTests, SettingsForTests } from "../../testing/engine.ts"
import { contextForTests } from "../../testing/engine.ts"
import { openDoor } from "../dialect.ts"
import { native } from "./native.ts"
import { refusalsOf, statusesOf } from "./openapi.ts"
import type { Operation } from "./operation.ts"
import { operations } from "./operations.ts"

export const publicUrl = "https://auth.example.com"

export type NewUser = { email?: string; confirmed?: boolean; roles?: string[]; totp?: boolean; externalId?: string }

export type UserForTests = {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly app: ScannedAccount | undefined
  readonly factorId: string | undefined
}

export type NativeForTests = ContextForTests & {
  readonly engine: Engine
  readonly fetch: (request: Request, environment?: Environment) => Promise<Response>
  readonly client: (options?: ClientOptions) => TestClient
  readonly createUser: (wanted?: NewUser) => Promise<UserForTests>
  readonly createServiceKey: (scopes: readonly string[]) => Promise<string>
  /** A browser that is signed in, with the code where there is an app. */
  readonly signedIn: (user: UserForTests) => Promise<TestClient>
  /** As `signedIn`, with the session's token as a bearer. */
  readonly bearerOf: (user: UserForTests) => Promise<TestClient & { readonly token: string }>
}

/** The operation behind a request, by method and path; undefined for what is none. */
export const operationAt = (method: string, pathname: string): Operation | undefined => {
  const path = pathname.replace(/^\/v1/, "")
  return operations
    .filter((operation) => operation.method === method)
    .toSorted((a, b) => a.path.split("{").length - b.path.split("{").length)
    .find((operation) => new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path))
}

const holdAgainstDocument = async (request: Request, response: Response): Promise<void> => {
  const operation = operationAt(request.method, new URL(request.url).pathname)
  if (!operation) return
  const what = `${request.method} ${operation.path} answered ${response.status}`
  const text = await response.clone().text()
  if (response.status < 400) {
    const answer = operation.answers[response.status]
    if (!answer) throw new Error(`${what}, which the document does not name`)
    if (!answer.schema && text !== "") throw new Error(`${what} with a body that the document does not name`)
    const parsed = answer.schema?.safeParse(JSON.parse(text))
    if (parsed?.success === false) throw new Error(`${what} unlike its schema: ${JSON.stringify(parsed.error.issues)}`)
    return
  }
  const problem = JSON.parse(text) as { code: ErrorCode; status: number }
  if (problem.status !== response.status) throw new Error(`${what} and said ${problem.status}`)
  if (!refusalsOf(operation).includes(problem.code)) throw new Error(`${what} ${problem.code}, which is not documented`)
  if (!statusesOf(problem.code).includes(response.status)) throw new Error(`${what} for ${problem.code}`)
}

export const nativeForTests = async (
  options: { settings?: SettingsForTests; app?: Partial<AppOptions>; undocumented?: true } = {},
): Promise<NativeForTests> => {
  const context = await contextForTests({ settings: { publicUrl, ...options.settings } })
  const { ctx, database, clock } = context
  const engine = createEngine(ctx)
  const { allowedOrigins } = ctx.settings
  const app = createApp({
    engine,
    database,
    now: clock.now,
    report: (message, error) => ctx.report(message, error),
    doors: [openDoor(native, engine, { publicUrl, allowedOrigins, now: clock.now })],
    addressLimits: false,
    ...options.app,
  })
  const fetch: NativeForTests["fetch"] = async (request, environment) => {
    const response = await app.fetch(request, environment)
    if (!options.undocumented) await holdAgainstDocument(request, response)
    return response
  }
  const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" } } as const
  const authenticator = createAuthenticator(clock.now)
  const client: NativeForTests["client"] = (about) => createClient(fetch, publicUrl, about)

  const signIn = async (as: TestClient, user: UserForTests, how: object): Promise<{ token?: string }> => {
    const first = await as.post<SignInBody>("/v1/sign-in", { email: user.email, password: user.password, ...how })
    if (first.json.status === "complete") return first.json
    if (!user.app) throw new Error(`the sign-in came to ${first.status} ${first.text}`)
    const by = first.json.token === undefined ? as : client({ bearer: first.json.token })
    const second = await by.post<SignInBody>("/v1/challenge/answer", { kind: "totp", answer: user.app.code() })
    if (second.json.status !== "complete") throw new Error(`the code came to ${second.status} ${second.text}`)
    // The next code of the same app is good in the next step.
    clock.advance(30)
    return second.json
  }

  return {
    ...context,
    engine,
    fetch,
    client,
    async createUser(wanted = {}) {
      const { email = `user-${randomUUID().slice(0, 8)}@example.com`, confirmed = true, totp = false, ...rest } = wanted
      const password = `a long phrase ${randomUUID().slice(0, 8)}`
      const { id } = await engine.users.create(operator, { email, password, emailConfirmed: confirmed, ...rest })
      if (!totp) return { id, email, password, app: undefined, factorId: undefined }
      const { factor, show } = await engine.factors.add({ ...operator, userId: id }, { kind: "totp" })
      return { id, email, password, app: authenticator.scan(String(show["uri"])), factorId: factor.id }
    },
    async createServiceKey(scopes) {
      const name = `test-${randomUUID().slice(0, 8)}`
      return (await engine.apiKeys.create(operator, { name, service: name, scopes })).key
    },
    async signedIn(user) {
      const browser = client()
      await signIn(browser, user, {})
      return browser
    },
    async bearerOf(user) {
      const { token = "" } = await signIn(client(), user, { session: "bearer" })
      return { ...client({ bearer: token }), token }
    },
  }
}

type SignInBody = { status: string; token?: string }
