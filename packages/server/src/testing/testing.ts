/**
 * `countersign/testing`: a whole server in memory for tests of Countersign and of apps that stand on it. Nothing is
 * switched off in it: codes are real, and time goes on when a test says so.
 */
import { randomUUID } from "node:crypto"
import { createCountersign } from "../countersign.ts"
import type { Countersign, CountersignOptions } from "../countersign.ts"
import type { Engine, User } from "../engine/engine.ts"
import type { Settings } from "../engine/settings.ts"
import type { KeptMail } from "../messages/mailbox.ts"
import { createAuthenticator } from "./authenticator.ts"
import type { Authenticator, ScannedAccount } from "./authenticator.ts"
import { createClient } from "./client.ts"
import type { ClientOptions, TestClient } from "./client.ts"

export { createAuthenticator } from "./authenticator.ts"
export type { Authenticator, ScannedAccount } from "./authenticator.ts"
export { createPasskeyAuthenticator } from "./passkey-authenticator.ts"
export type {
  PasskeyAlgorithm,
  PasskeyAnswer,
  PasskeyAuthenticator,
  PasskeyAuthenticatorOptions,
  PasskeyChange,
  VirtualPasskey,
} from "./passkey-authenticator.ts"
export { createClient } from "./client.ts"
export type { Answer, ClientOptions, TestClient } from "./client.ts"
export type { KeptMail as TestMail } from "../messages/mailbox.ts"

/** Every option of the server by its name in code, and a few that only a test has. */
export type TestServerOptions = CountersignOptions & {
  /** Listen on a free port of 127.0.0.1 as well; `url` is then the address. */
  readonly listen?: boolean
  /** Epoch milliseconds at which the clock stands first; 2030-01-01 00:00:05 UTC where not said. */
  readonly startAt?: number
  /** The last word on what the engine reads. */
  readonly adjust?: (settings: Settings) => Settings
}

export type TestServer = {
  /** The public URL, without a slash at the end. */
  readonly url: string
  readonly fetch: Countersign["fetch"]
  readonly engine: Engine
  readonly countersign: Countersign
  readonly clock: TestClock
  readonly mails: TestMails
  readonly authenticator: Authenticator
  /** Unexpected things that the server reported, oldest first. A test may hold that there were none. */
  readonly reports: readonly string[]
  /** A browser without cookies, or a program with a key. */
  readonly client: (options?: ClientOptions) => TestClient
  readonly createUser: (given?: NewTestUser) => Promise<TestUser>
  /** Makes a service's key and gives its text. */
  readonly createServiceKey: (scopes: readonly string[]) => Promise<string>
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type TestClock = {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly advance: (seconds: number) => void
  readonly set: (now: number) => void
}

/** What has been sent. Each call first lets everything that waits be sent. */
export type TestMails = {
  /** Newest first. */
  readonly all: () => Promise<readonly KeptMail[]>
  /** Newest first. */
  readonly to: (address: string) => Promise<readonly KeptMail[]>
  /** @throws Error when there is none */
  readonly latestTo: (address: string) => Promise<KeptMail>
}

export type NewTestUser = {
  readonly email?: string
  readonly password?: string
  /** True where not said. */
  readonly confirmed?: boolean
  readonly roles?: readonly string[]
  /** Adds an authenticator app. */
  readonly totp?: boolean
}

export type TestUser = {
  readonly id: string
  readonly user: User
  readonly email: string
  readonly password: string
  /** The app that was added with `totp`; throws `TypeError` otherwise. A code is good once: move the clock for the next. */
  readonly app: ScannedAccount
}

const startOfTests = Date.UTC(2030, 0, 1) + 5_000

/** Starts a server on a database in memory, in milliseconds. Close it, or hold it with `await using`. */
export const startTestServer = async (options: TestServerOptions = {}): Promise<TestServer> => {
  const { listen = false, startAt = startOfTests, adjust = (settings) => settings, ...given } = options
  let time = startAt
  const clock: TestClock = {
    now: () => time,
    advance: (seconds) => void (time += seconds * 1_000),
    set: (now) => void (time = now),
  }
  const reports: string[] = []
  const countersign = createCountersign(
    { databaseUrl: "sqlite::memory:", addressLimits: false, ...given },
    {
      // What happens to be set on a developer's machine must not change a test.
      environment: {},
      now: clock.now,
      log: {
        report: (message, error) =>
          void reports.push(error instanceof Error ? `${message}: ${error.message}` : message),
        info: () => undefined,
      },
      adjust: (settings) => adjust({ ...settings, passwordHashing: { memoryKiB: 64, passes: 1, concurrency: 4 } }),
    },
  )
  if (listen) await countersign.listen({ host: "127.0.0.1", port: given.port ?? 0 })
  else await countersign.ready()

  const { engine, config } = countersign
  const url = config.publicUrl
  const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" } } as const
  const authenticator = createAuthenticator(clock.now)
  const sent = async (to?: string): Promise<readonly KeptMail[]> => {
    await countersign.flushMail()
    return countersign.mailbox?.(to) ?? []
  }

  return {
    url,
    fetch: countersign.fetch,
    engine,
    countersign,
    clock,
    reports,
    authenticator,
    mails: {
      all: async () => await sent(),
      to: async (address) => await sent(address),
      async latestTo(address) {
        const [latest] = await sent(address)
        if (latest === undefined) throw new Error(`no mail has been sent to ${address}`)
        return latest
      },
    },
    client: (about) => createClient(countersign.fetch, url, about),
    async createUser(wanted = {}) {
      const email = wanted.email ?? `user-${randomUUID().slice(0, 8)}@example.com`
      const password = wanted.password ?? "a long enough pass phrase"
      const emailConfirmed = wanted.confirmed ?? true
      const user = await engine.users.create(operator, { email, password, emailConfirmed, roles: wanted.roles })
      const app = wanted.totp ? await addApp(engine, authenticator, user.id) : undefined
      return {
        id: user.id,
        user,
        email,
        password,
        get app() {
          if (app === undefined) throw new TypeError("this user was made without an app: say totp")
          return app
        },
      }
    },
    async createServiceKey(scopes) {
      const name = `test ${randomUUID().slice(0, 8)}`
      return (await engine.apiKeys.create(operator, { name, service: name, scopes })).key
    },
    close: countersign.close,
    [Symbol.asyncDispose]: countersign.close,
  }
}

const addApp = async (engine: Engine, authenticator: Authenticator, userId: string): Promise<ScannedAccount> => {
  const acting = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId } as const
  const { show } = await engine.factors.add(acting, { kind: "totp" })
  if (typeof show["uri"] !== "string") throw new TypeError("the new factor shows no address to scan")
  return authenticator.scan(show["uri"])
}
