import { z } from "zod"
import { settle } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"

/** The first factor, and the way back for who has forgotten it. */
export const signInOperations = [
  operation({
    id: "signIn",
    group: "Sign-in",
    summary: "Sign in with a password",
    description:
      "`complete`: there is a session. `second_factor` and `enrolment`: there is a challenge, which has to be settled " +
      'first; it opens nothing else. In a browser both travel as HttpOnly cookies; with `session: "bearer"` the ' +
      "answer holds the token and no cookie is set.",
    method: "POST",
    path: "/sign-in",
    access: "anybody",
    limit: "sign-in",
    body: z.strictObject({
      email: s.email,
      password: s.password,
      persistent: z.boolean().optional().describe("Stay signed in after the browser is closed."),
      session: z.enum(["cookie", "bearer"]).default("cookie"),
      deviceToken: s.token.optional().describe("Of a remembered device, where no cookie can carry it."),
      returnTo: z.string().max(2048).optional().describe("A path, or an address on an allowed origin."),
    }),
    answers: { 200: { description: "How far it came.", schema: s.signIn } },
    refusals: ["credentials_incorrect", "account_disabled", "address_unconfirmed", "too_many_attempts"],
    async handle({ call, engine, settings, body, who: { source } }) {
      const { session: carrier, deviceToken = call.deviceToken, ...credentials } = body
      const signIn = await engine.signIn.withPassword({ ...credentials, deviceToken }, source)
      const { view, cookies } = await settle(signIn, { engine, carrier, source, now: settings.now() })
      return { status: 200, json: view, cookies }
    },
  }),

  operation({
    id: "forgotPassword",
    group: "Sign-in",
    summary: "Ask for a link to reset the password",
    method: "POST",
    path: "/password/forgot",
    access: "anybody",
    limit: "mail",
    body: z.strictObject({ email: s.email }),
    answers: { 202: { description: "A mail goes out if there is an account.", schema: s.accepted } },
    async handle({ engine, body, who }) {
      await engine.users.requestReset(body, who.source)
      return { status: 202, json: { status: "accepted" } }
    },
  }),

  operation({
    id: "resetPassword",
    group: "Sign-in",
    summary: "Reset the password",
    description: "Signs nobody in, touches no factor, and ends all sessions.",
    method: "POST",
    path: "/password/reset",
    access: "anybody",
    limit: "sign-in",
    body: z.strictObject({ token: s.token, password: s.password }),
    answers: { 204: { description: "The password is changed." } },
    refusals: ["link_invalid", "password_rejected"],
    async handle({ engine, body, who }) {
      await engine.users.resetPassword(body, who.source)
      return { status: 204 }
    },
  }),
]
