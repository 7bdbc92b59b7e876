import { createAuthenticator } from "../../testing/authenticator.ts"
import type { Clock } from "../../testing/engine.ts"
import type { Begun } from "../engine.ts"

/** The code that an app shows which has just scanned this. */
export const totpOf = (begun: Begun, clock: Clock): string =>
  createAuthenticator(clock.now).scan(String(begun.show["uri"])).code()
