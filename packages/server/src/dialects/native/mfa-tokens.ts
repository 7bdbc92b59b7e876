import { z } from "zod"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"

/** Proof of a second factor that an app hands to its own server, which asks here whether it is good. */
export const mfaTokenOperations = [
  operation({
    id: "mintMfaToken",
    group: "Step-up",
    summary: "Make an MFA token",
    description: "Needs a fresh second factor, or proves one on the way with `proof`.",
    method: "POST",
    path: "/mfa-tokens",
    access: "session",
    limit: "sign-in",
    body: z.strictObject({
      action: s.actionName.optional().describe("One of the app's own actions; the token is good for no other."),
      singleUse: z.boolean().optional(),
      proof: z.strictObject({ kind: s.kindName, answer: s.answer }).optional(),
    }),
    answers: { 201: { description: "Shown this once.", schema: s.mfaToken } },
    refusals: [
      "code_incorrect",
      "code_already_used",
      "kind_not_offered",
      "enrolment_required",
      "too_many_attempts",
      "session_reverification_required",
    ],
    async handle({ engine, body, who }) {
      const minted = await engine.mfaTokens.mint(who, body)
      const { token, expiresAt, singleUse, action } = minted
      return { status: 201, json: { token, expiresAt: new Date(expiresAt).toISOString(), singleUse, action } }
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
