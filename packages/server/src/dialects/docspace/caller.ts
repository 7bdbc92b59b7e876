import type { Actor, Engine, On } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import { readForeignCookie } from "../../http/cookies.ts"
import type { Call } from "../dialect.ts"
import { sessionCookieName } from "./cookies.ts"
import type { Visit } from "./operation.ts"

export type Person = On & { readonly actor: Extract<Actor, { type: "session" | "user-key" }> }

/** Who asks: a bearer decides alone, then the cookie of this wire, then ours. */
export const actorOf = async ({ engine, call }: Pick<Visit, "engine" | "call">): Promise<Actor | undefined> => {
  if (call.credential?.via === "bearer") return await call.actor()
  const cookie = cookieOf(call)
  const actor = cookie === undefined ? undefined : await engine.sessions.authenticate(cookie, call.source)
  return actor ?? (await call.actor())
}

const cookieOf = (call: Call): string | undefined =>
  readForeignCookie(call.request.headers.get("cookie"), sessionCookieName)

/** @throws CountersignError `unauthenticated`; `forbidden` for what is no person's */
export const personOf = async (visit: Visit): Promise<Person> => {
  const actor = await actorOf(visit)
  if (actor === undefined) throw new CountersignError("unauthenticated")
  if (actor.type !== "session" && actor.type !== "user-key") throw new CountersignError("forbidden")
  return { actor, source: visit.call.source }
}

/** As `personOf`, for what outlasts the session: nobody who still owes an enrolment. */
export const settledPersonOf = async (visit: Visit): Promise<Person> => {
  const person = await personOf(visit)
  if ((await visit.engine.sessions.tasks(person.actor)).length > 0) throw new CountersignError("enrolment_required")
  return person
}

/** Ends what the request signs in with, whatever of it there is. */
export const signOut = async ({ engine, call }: Visit): Promise<void> => {
  const tokens = [call.credential?.token, call.credential?.via === "bearer" ? undefined : cookieOf(call)]
  for (const token of tokens) if (token !== undefined) await engine.sessions.signOut(token, call.source)
}

/** The app of the person, where one is linked. Also finds out whether the key may read at all. */
export const linkedAppOf = async (engine: Engine, on: On) =>
  (await engine.factors.list(on)).find(({ kind, state }) => kind === "totp" && state === "on")
