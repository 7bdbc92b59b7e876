import type { CoreClient, State } from "@countersign/client"
import { hasAuthorization } from "./authorization.ts"
import type { AuthorizationParams } from "./authorization.ts"
import { factorAges } from "./freshness.ts"
import type { FactorAges } from "./freshness.ts"
import { getTokenOf } from "./session-token.ts"
import { userResourceOf } from "./user-resource.ts"
import type { UserResource } from "./user-resource.ts"
import { verificationMethods } from "./verification.ts"
import type { VerificationMethods } from "./verification.ts"

export type SessionTask = { readonly key: "setup-mfa" }
export type SessionStatus =
  | "active"
  | "pending"
  | "ended"
  | "removed"
  | "replaced"
  | "revoked"
  | "expired"
  | "abandoned"

export type SessionResource = VerificationMethods & {
  readonly id: string
  readonly status: SessionStatus
  readonly user: UserResource | null
  readonly expireAt: Date
  readonly abandonAt: Date
  readonly lastActiveAt: Date
  /** Minutes since the first and the second factor; -1: there is none. */
  readonly factorVerificationAge: FactorAges | null
  readonly tasks: readonly SessionTask[]
  /** What has to be done before the session may pass; it stays until `setActive` where a page looked at it. */
  readonly currentTask: SessionTask | undefined
  readonly lastActiveToken: null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly getToken: () => Promise<string | null>
  readonly touch: () => Promise<void>
  readonly end: () => Promise<void>
  readonly remove: () => Promise<void>
  readonly checkAuthorization: (asked: AuthorizationParams) => boolean
}

const task: SessionTask = { key: "setup-mfa" }

/** `looked` is told when a page asks for the task, so that it can be held until the page says that it is done. */
export function makeSession(
  client: CoreClient,
  state: State,
  pending: boolean,
  looked: () => void,
): SessionResource | null {
  const { session, challenge, user } = state
  const enrolling = challenge?.purpose === "enrol" ? challenge : undefined
  const known = session ?? enrolling
  if (!known) return null
  const expireAt = new Date(known.expiresAt)
  const createdAt = new Date(session?.createdAt ?? Date.now())
  const lastActiveAt = new Date(session?.lastUsedAt ?? Date.now())
  const tasks = pending ? [task] : []
  const resource: SessionResource = {
    id: known.id,
    status: pending ? "pending" : "active",
    user: userResourceOf(client, state),
    expireAt,
    abandonAt: expireAt,
    lastActiveAt,
    get factorVerificationAge() {
      return session && user ? factorAges(session, user) : null
    },
    get tasks() {
      looked()
      return tasks
    },
    get currentTask() {
      looked()
      return tasks[0]
    },
    lastActiveToken: null,
    createdAt,
    updatedAt: lastActiveAt,
    getToken: getTokenOf(client),
    touch: async () => void (await client.reload()),
    end: () => client.signOut(),
    remove: () => client.signOut(),
    checkAuthorization: (asked) => !pending && hasAuthorization(state, asked),
    ...verificationMethods(client, () => resource),
  }
  // Printing a session is not looking at its task.
  for (const key of ["tasks", "currentTask"]) Object.defineProperty(resource, key, { enumerable: false })
  return resource
}
