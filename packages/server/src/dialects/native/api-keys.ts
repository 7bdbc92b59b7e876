import { z } from "zod"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { apiKeyView } from "./views.ts"

/** Keys with which a script acts for the user. Services' own keys are made on the command line. */
export const apiKeyOperations = [
  operation({
    id: "listApiKeys",
    group: "API keys",
    summary: "List the user's API keys",
    method: "GET",
    path: "/api-keys",
    access: "user",
    answers: {
      200: { description: "Without the keys themselves.", schema: z.strictObject({ keys: z.array(s.apiKey) }) },
    },
    async handle({ engine, who }) {
      return { status: 200, json: { keys: (await engine.apiKeys.list(who)).map(apiKeyView) } }
    },
  }),

  operation({
    id: "createApiKey",
    group: "API keys",
    summary: "Make an API key",
    description: "It acts for its user only, and is never proof of a second factor.",
    method: "POST",
    path: "/api-keys",
    access: "user",
    takesMfaToken: true,
    body: z.strictObject({
      name: z.string().min(1).max(64),
      scopes: z.array(z.string().min(1).max(64)).max(32).optional().describe("Left out: all that the user may."),
      expiresAt: s.instant.optional(),
    }),
    answers: {
      201: {
        description: "`key` is shown this once.",
        schema: z.strictObject({ key: z.string(), record: s.apiKey }),
      },
    },
    refusals: ["session_reverification_required", "insufficient_scope"],
    async handle({ engine, body: { name, scopes, expiresAt }, who }) {
      const input = { name, scopes, expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt) }
      const { key, record } = await engine.apiKeys.create(who, input)
      return { status: 201, json: { key, record: apiKeyView(record) } }
    },
  }),

  operation({
    id: "revokeApiKey",
    group: "API keys",
    summary: "Revoke an API key",
    method: "DELETE",
    path: "/api-keys/{id}",
    access: "user",
    answers: { 204: { description: "It opens nothing any more." } },
    refusals: ["not_found"],
    async handle({ engine, params: { id = "" }, who }) {
      await engine.apiKeys.revoke(who, { id })
      return { status: 204 }
    },
  }),
]
