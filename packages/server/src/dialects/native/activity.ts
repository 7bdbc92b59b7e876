import { z } from "zod"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { activityView } from "./views.ts"

/** What happened to an account, and when. */
export const activityOperations = [
  operation({
    id: "listActivity",
    group: "Account",
    summary: "List recent activity",
    description: "A user sees their own; a service key with `audit:read` sees everybody's.",
    method: "GET",
    path: "/activity",
    access: "user or service audit:read",
    query: s.page,
    answers: {
      200: {
        description: "Newest first. `next` is null on the last page.",
        schema: z.strictObject({ items: z.array(s.activity), next: z.string().nullable() }),
      },
    },
    async handle({ engine, query, who }) {
      const { items, next } =
        who.actor.type === "service"
          ? await engine.activity.all(who.actor, query)
          : await engine.activity.ofUser(who, query)
      return { status: 200, json: { items: items.map(activityView), next } }
    },
  }),
]
