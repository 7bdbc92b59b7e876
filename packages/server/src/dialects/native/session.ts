import { z } from "zod"
import type { Engine } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { Call } from "../dialect.ts"
import { clearedCookie, ownView } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { challengeView, sessionView } from "./views.ts"

/** The open challenge of the request, if there is one. */
const openChallenge = async (
  { challengeToken }: Call,
  engine: Engine,
): Promise<z.output<typeof s.challenge> | null> => {
  if (challengeToken === undefined) return null
  try {
    const challenge = await engine.signIn.challenge(challengeToken)
    const user = await engine.users.find({ id: challenge.userId })
    return user ? challengeView(challenge, user) : null
  } catch (error) {
    if (error instanceof CountersignError && error.code === "challenge_spent") return null
    throw error
  }
}

/** The session that is, and the others of the same user. */
export const sessionOperations = [
  operation({
    id: "getSession",
    group: "Session",
    summary: "Read who is signed in",
    description:
      "Answers without a credential too, with nulls: a page asks this first. A bearer that is unknown or has ended is " +
      "refused, so that its holder forgets it.",
    method: "GET",
    path: "/session",
    access: "anybody",
    answers: { 200: { description: "The session, its user and what it owes.", schema: s.sessionState } },
    refusals: ["unauthenticated", "forbidden"],
    async handle({ call, engine, who: { source } }) {
      const actor = await call.actor()
      const challenge = await openChallenge(call, engine)
      if (!actor) {
        if (call.credential?.via === "bearer" && !challenge) throw new CountersignError("unauthenticated")
        return { status: 200, json: { session: null, user: null, tasks: [], challenge } }
      }
      if (actor.type !== "session" && actor.type !== "user-key") throw new CountersignError("forbidden")
      const [user, tasks, agesOf] = await Promise.all([
        ownView(engine, { actor, source }, actor.user),
        engine.sessions.tasks(actor),
        engine.sessions.factorAges(actor.user.id),
      ])
      const session =
        actor.type === "session" ? sessionView({ ...actor.session, current: true }, agesOf(actor.session)) : null
      return { status: 200, json: { session, user, tasks, challenge } }
    },
  }),

  operation({
    id: "signOut",
    group: "Session",
    summary: "Sign out",
    description: "Also settles where nobody is signed in any more.",
    method: "DELETE",
    path: "/session",
    access: "anybody",
    answers: { 204: { description: "The session has ended." } },
    async handle({ call, engine, who: { source } }) {
      if (call.credential) await engine.sessions.signOut(call.credential.token, source)
      const cookies = call.credential?.via === "bearer" ? [] : [clearedCookie("session"), clearedCookie("challenge")]
      return { status: 204, cookies }
    },
  }),

  operation({
    id: "issueSessionToken",
    group: "Session",
    summary: "Make a short token for the app's own server",
    description:
      "A JWT that lives a minute and is checked with `/.well-known/jwks.json`: type `countersign-session+jwt`, `iss` this " +
      "server's public URL, `aud` the origin of the page that asked (without one this server's), `sub`, `sid`, `amr`, " +
      "`acr`, `auth_time`, and `fva`, the two ages in minutes as in `factorAges`. It opens nothing here.",
    method: "POST",
    path: "/session/token",
    access: "session",
    answers: {
      200: { description: "The token.", schema: z.strictObject({ token: z.string(), expiresAt: s.instant }) },
    },
    refusals: ["enrolment_required"],
    async handle({ call, engine, settings, who: { actor } }) {
      const origin = call.request.headers.get("origin") ?? ""
      const here = new URL(settings.publicUrl).origin
      const audience = settings.allowedOrigins.includes(origin) ? origin : here
      const { token, expiresAt } = await engine.sessions.issueSessionToken(actor, { audience })
      return { status: 200, json: { token, expiresAt: new Date(expiresAt).toISOString() } }
    },
  }),

  operation({
    id: "listSessions",
    group: "Session",
    summary: "List the user's sessions",
    method: "GET",
    path: "/sessions",
    access: "user",
    answers: {
      200: { description: "Newest first.", schema: z.strictObject({ sessions: z.array(s.session) }) },
    },
    async handle({ engine, who }) {
      const [sessions, agesOf] = await Promise.all([
        engine.sessions.list(who),
        engine.sessions.factorAges(who.actor.user.id),
      ])
      return { status: 200, json: { sessions: sessions.map((session) => sessionView(session, agesOf(session))) } }
    },
  }),

  operation({
    id: "endSession",
    group: "Session",
    summary: "End one of the user's sessions",
    method: "DELETE",
    path: "/sessions/{id}",
    access: "user",
    answers: { 204: { description: "It has ended." } },
    refusals: ["not_found", "session_reverification_required"],
    async handle({ call, engine, params: { id = "" }, who }) {
      await engine.sessions.end(who, { id })
      const own = who.actor.type === "session" && who.actor.session.id === id && call.credential?.via === "cookie"
      return { status: 204, cookies: own ? [clearedCookie("session")] : [] }
    },
  }),

  operation({
    id: "endOtherSessions",
    group: "Session",
    summary: "End all other sessions of the user",
    method: "POST",
    path: "/sessions/end-others",
    access: "user",
    answers: { 200: { description: "How many ended.", schema: z.strictObject({ ended: z.int() }) } },
    refusals: ["session_reverification_required"],
    async handle({ engine, who }) {
      return { status: 200, json: { ended: await engine.sessions.endOthers(who) } }
    },
  }),
]
