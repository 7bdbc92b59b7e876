import type { Actor, Engine, On, Session, Source, User } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Call } from "../dialect.ts"
import type { ServiceScope } from "./scopes.ts"

/**
 * Who may call an operation: anybody; the holder of an open challenge; a user, by session or key; a session itself; a
 * user or the holder of a challenge to enrol; a service key with a scope; or a user or such a key.
 */
export type Access =
  | "anybody"
  | "challenge"
  | "user"
  | "session"
  | "user or enrolment"
  | `service ${ServiceScope}`
  | `user or service ${ServiceScope}`

export type OwnActor = Extract<Actor, { user: User }>
export type SessionActor = { readonly type: "session"; readonly user: User; readonly session: Session }
export type Challenged = { readonly challenge: { readonly token: string }; readonly source: Source }

/** What `identify` found out, by the access that was asked for. */
export type Identity<A extends Access> = A extends "anybody"
  ? { readonly source: Source }
  : A extends "challenge"
    ? Challenged
    : A extends "user"
      ? { readonly actor: OwnActor; readonly source: Source }
      : A extends "session"
        ? { readonly actor: SessionActor; readonly source: Source }
        : A extends "user or enrolment"
          ? On | Challenged
          : On

/** The holder of a challenge to enrol stands in for a user where there is one. */
const enrolmentOf = async (call: Call, engine: Engine): Promise<Challenged | undefined> => {
  const { challengeToken: token, source } = call
  if (token === undefined) return undefined
  try {
    const { purpose } = await engine.signIn.challenge(token)
    return purpose === "enrol" ? { challenge: { token }, source } : undefined
  } catch (error) {
    if (error instanceof CountersignError && error.code === "challenge_spent") return undefined
    throw error
  }
}

const challengeOf = ({ challengeToken, source }: Call): Challenged => {
  if (challengeToken === undefined) throw new CountersignError("challenge_spent")
  return { challenge: { token: challengeToken }, source }
}

export type Needs = {
  /** A user's session, or (but for `session`) a key of theirs, will do. */
  readonly user: boolean
  readonly challenge: boolean
  /** A service key with this scope will do. */
  readonly scope: string | undefined
}

/** An access in its parts. None of them: anybody may. */
export const accessNeeds = (access: Access): Needs => ({
  user: access.startsWith("user") || access === "session",
  challenge: access === "challenge" || access === "user or enrolment",
  scope: /service (.+)$/.exec(access)?.[1],
})

/**
 * Who calls, as the operation needs it. A challenge opens nothing but what settles it: to everything else its holder
 * is nobody.
 */
export const identify = async <A extends Access>(access: A, call: Call, engine: Engine): Promise<Identity<A>> => {
  const found = await find(access, call, engine)
  return found as Identity<A>
}

const find = async (access: Access, call: Call, engine: Engine): Promise<unknown> => {
  const { source } = call
  if (access === "anybody") return { source }
  if (access === "challenge") return challengeOf(call)
  if (access === "user or enrolment") {
    const enrolment = await enrolmentOf(call, engine)
    if (enrolment) return enrolment
  }
  const actor = await call.actor()
  if (!actor) throw new CountersignError("unauthenticated")
  const { scope, user } = accessNeeds(access)
  if (actor.type === "service") {
    if (scope === undefined) throw new CountersignError("forbidden")
    if (!actor.key.scopes.includes(scope)) throw new CountersignError("insufficient_scope", { scope })
    return { actor, source }
  }
  if (actor.type === "operator" || !user || (access === "session" && actor.type !== "session"))
    throw new CountersignError("forbidden")
  return { actor, source }
}
