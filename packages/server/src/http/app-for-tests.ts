/** The app around doors of the test's own and an engine that knows two sessions. For tests of the guards. */
import type { Actor, Engine, Session, User } from "../engine/engine.ts"
import { defaultSettings } from "../engine/settings.ts"
import type { Database } from "../store/database.ts"
import type { App, AppOptions } from "./app.ts"
import { createApp } from "./app.ts"
import { problemResponse } from "./problem.ts"
import type { Door, Route } from "./route.ts"

export const origin = "https://auth.example.com"

const user: User = {
  id: "u1",
  email: "ada@example.com",
  emailConfirmed: true,
  externalId: null,
  firstName: null,
  lastName: null,
  roles: [],
  locale: null,
  hasPassword: true,
  disabled: false,
  revision: 1,
  createdAt: 0,
  passwordChangedAt: null,
  defaultFactorId: null,
}

const session: Session = {
  id: "s1",
  userId: "u1",
  door: "test",
  methods: [],
  aal: 1,
  persistent: false,
  deviceRemembered: false,
  createdAt: 0,
  authenticatedAt: 0,
  firstFactorAt: 0,
  secondFactorAt: null,
  lastUsedAt: 0,
  expiresAt: 1,
  agent: null,
  address: null,
}

/** The one token that is a session's. */
export const liveToken = "css_live"

const authenticate = async (token: string): Promise<Actor | undefined> =>
  token === liveToken ? { type: "session", user, session } : undefined

export const silentDatabase: Database = {
  dialect: "sqlite",
  query: async () => {
    throw new Error("gone")
  },
  commit: async () => {
    throw new Error("gone")
  },
  close: async () => undefined,
}

export const calmDatabase: Database = { ...silentDatabase, query: async () => [] }

/** A door that shows what its routes were given, and refusals by their code. */
export const testDoor = (routes: readonly Route[], more: Partial<Door> = {}): Door => ({
  name: "test",
  prefix: "/t",
  routes,
  renderError: ({ code, details }, { credential }) =>
    problemResponse({ type: code, title: code, status: statuses[code] ?? 422, code, details, via: credential?.via }),
  ...more,
})

const statuses: Record<string, number> = {
  unauthenticated: 401,
  origin_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  unavailable: 503,
}

export type AppForTests = {
  readonly app: App
  readonly reports: string[]
  readonly fetch: (path: string, init?: RequestInit, environment?: { address?: string }) => Promise<Response>
}

/** @param doors mounted as they are; @param more anything of the app's options and of the engine's settings */
export const appForTests = (
  doors: readonly Door[],
  more: Partial<AppOptions> & { publicUrl?: string; allowedOrigins?: string[]; profile?: "asvs" } = {},
): AppForTests => {
  const { publicUrl = origin, allowedOrigins = [], profile = "default", ...options } = more
  const reports: string[] = []
  const engine = {
    settings: { ...defaultSettings, publicUrl, allowedOrigins, profile },
    sessions: { authenticate },
  } as unknown as Engine
  const app = createApp({
    engine,
    database: calmDatabase,
    now: () => 0,
    report: (message) => void reports.push(message),
    doors,
    addressLimits: false,
    ...options,
  })
  const base = new URL(publicUrl).origin
  return {
    app,
    reports,
    fetch: async (path, init, environment) => await app.fetch(new Request(`${base}${path}`, init), environment),
  }
}
