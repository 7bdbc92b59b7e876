import { z } from "zod"
import { renewal } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"

/** Proof of a second factor that an app hands to its own server, which asks here whether it is good. */
export const mfaTokenOperations = [
  operation({
    id: "mintMfaToken",
    group: "Step-up",
    summary: "Make an MFA token",
    description:
      "Needs a fresh second factor, or proves one on the way with `proof`, which makes the session fresh and takes an " +
      "attempt like any other answer. A mailed code is proved where a step-up has been opened and the code was started " +
      "there. Without `action` the token also stands in for a step-up here, in `Countersign-MFA-Token`.",
    method: "POST",
    path: "/mfa-tokens",
    access: "session",
    limit: "sign-in",
    body: z.strictObject({
      action: s.actionName
        .optional()
        .describe("One of the app's own actions, as the policy lists them; the token is good for no other."),
      singleUse: z
        .boolean()
        .optional()
        .describe("Default true. With `action` the policy decides, and how long it lives."),
      proof: z.strictObject({ kind: s.kindName, factorId: s.token.optional(), answer: s.answer }).optional(),
    }),
    answers: { 201: { description: "Shown this once.", schema: s.mfaToken, renews: true } },
    refusals: [
      "code_incorrect",
      "code_already_used",
      "credentials_incorrect",
      "challenge_spent",
      "factor_dead",
      "not_found",
      "kind_not_offered",
      "enrolment_required",
      "too_many_attempts",
      "session_reverification_required",
    ],
    async handle({ call, engine, settings, body, who }) {
      const { token, expiresAt, singleUse, action, sessionToken } = await engine.mfaTokens.mint(who, body)
      const minted = { token, expiresAt: new Date(expiresAt).toISOString(), singleUse, action }
      return { status: 201, json: minted, ...renewal(sessionToken, who, call, settings.now()) }
    },
  }),

  operation({
    id: "spendMfaToken",
    group: "Step-up",
    summary: "Check an MFA token, server to server",
    description: "A single-use token passes once, for its own action only.",
    method: "POST",
    path: "/mfa-tokens/spend",
    access: "service mfa-tokens:spend",
    limit: "sign-in",
    body: z.strictObject({
      token: s.token,
      action: s.actionName.optional(),
      userId: s.token.optional().describe("Whose it has to be."),
    }),
    answers: {
      200: {
        description: "It was good.",
        schema: z.strictObject({
          userId: z.string(),
          sessionId: z.string().nullable(),
          action: z.string().nullable(),
          methods: z.array(z.string()),
          mintedAt: s.instant,
        }),
      },
    },
    refusals: ["mfa_token_invalid"],
    async handle({ engine, body, who }) {
      const spent = await engine.mfaTokens.spend(who, body)
      const { userId, sessionId, action, methods, mintedAt } = spent
      return {
        status: 200,
        json: { userId, sessionId, action, methods: [...methods], mintedAt: new Date(mintedAt).toISOString() },
      }
    },
  }),
]
