import type { Actor } from "../engine.ts"

/** Who began a pending factor, or made codes: only they may go on with it. Not a person, but a session or a key. */
export function holderOf(actor: Actor): string {
  switch (actor.type) {
    case "session":
      return sessionHolder(actor.session.id)
    case "user-key":
    case "service":
      return `key:${actor.key.id}`
    default:
      return `operator:${actor.name}`
  }
}

export const sessionHolder = (sessionId: string): string => `session:${sessionId}`
export const challengeHolder = (challengeId: string): string => `challenge:${challengeId}`
