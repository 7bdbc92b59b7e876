import { z } from "zod"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"

/** Where an account begins: sign-up and the confirmation of its address. */
export const signUpOperations = [
  operation({
    id: "signUp",
    group: "Sign-up",
    summary: "Sign up",
    description:
      "A taken address is answered like a new one; its owner gets a mail. Nobody is signed in: sign in afterwards.",
    method: "POST",
    path: "/sign-up",
    access: "anybody",
    limit: "mail",
    body: z.strictObject({
      email: s.email,
      password: s.password,
      firstName: s.personName.optional(),
      lastName: s.personName.optional(),
      locale: s.locale.optional(),
    }),
    answers: {
      202: {
        description: "`confirm_address`: a mail with a link is under way. `ready`: the account can be signed in to.",
        schema: z.strictObject({ status: z.enum(["confirm_address", "ready"]) }),
      },
    },
    refusals: ["password_rejected"],
    async handle({ engine, body, who }) {
      await engine.users.signUp(body, who.source)
      const confirms = engine.settings.confirmEmail === "required"
      return { status: 202, json: { status: confirms ? "confirm_address" : "ready" } }
    },
  }),

  operation({
    id: "resendConfirmation",
    group: "Sign-up",
    summary: "Send the confirmation again",
    method: "POST",
    path: "/sign-up/resend",
    access: "anybody",
    limit: "mail",
    body: z.strictObject({ email: s.email }),
    answers: { 202: { description: "A mail goes out if there is an unconfirmed account.", schema: s.accepted } },
    async handle({ engine, body, who }) {
      await engine.users.requestConfirmation(body, who.source)
      return { status: 202, json: { status: "accepted" } }
    },
  }),

  operation({
    id: "confirmAddress",
    group: "Sign-up",
    summary: "Confirm an address",
    description: "With the token of the mailed link: of a new account, or of a new address.",
    method: "POST",
    path: "/address/confirm",
    access: "anybody",
    limit: "sign-in",
    body: z.strictObject({ token: s.token }),
    answers: {
      200: { description: "The address is confirmed.", schema: z.strictObject({ email: z.string().nullable() }) },
    },
    refusals: ["link_invalid", "address_taken"],
    async handle({ engine, body, who }) {
      const { email } = await engine.users.confirmAddress(body, who.source)
      return { status: 200, json: { email } }
    },
  }),
]
