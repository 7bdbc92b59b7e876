import { z } from "zod"
import type { Engine, On, User } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import { settle } from "./carrying.ts"
import { beginBody, confirmBody, factorList } from "./factors.ts"
import { operation } from "./operation.ts"
import { codes } from "./recovery-codes.ts"
import * as s from "./schemas.ts"
import { begunView, confirmedView, factorView, recoveryCodesView, userRecordView } from "./views.ts"

const externalPrefix = "external:"

/** The user of the path: an id of ours, or `external:` and the app's own. */
const userAt = async (engine: Engine, id = ""): Promise<User> => {
  const by = id.startsWith(externalPrefix) ? { externalId: id.slice(externalPrefix.length) } : { id }
  const user = await engine.users.find(by)
  if (!user) throw new CountersignError("not_found")
  return user
}

const onUser = async (who: On, engine: Engine, id: string | undefined): Promise<On> => {
  const user = await userAt(engine, id)
  return { actor: who.actor, source: who.source, userId: user.id }
}

const roles = z.array(z.string().min(1).max(64)).max(32)
const externalId = z.string().min(1).max(200)

/** What a service does for users: its own, or those that sign up here. */
export const userOperations = [
  operation({
    id: "createUser",
    group: "Users",
    summary: "Create a user",
    description: "Without a password for an app that has its own sign-in.",
    method: "POST",
    path: "/users",
    access: "service users:write",
    body: z.strictObject({
      email: s.email.optional(),
      externalId: externalId.optional().describe("The app's own id of this user."),
      password: s.password.optional(),
      emailConfirmed: z.boolean().optional(),
      roles: roles.optional(),
      firstName: s.personName.optional(),
      lastName: s.personName.optional(),
      locale: s.locale.optional(),
    }),
    answers: { 201: { description: "The user.", schema: s.userRecord } },
    refusals: ["address_taken", "conflict", "password_rejected"],
    async handle({ engine, body, who: { actor, source } }) {
      return { status: 201, json: userRecordView(await engine.users.create({ actor, source }, body)) }
    },
  }),

  operation({
    id: "listUsers",
    group: "Users",
    summary: "List or search users",
    method: "GET",
    path: "/users",
    access: "service users:read",
    query: s.page.extend({ search: z.string().min(1).max(320).optional().describe("Part of an address or a name.") }),
    answers: {
      200: {
        description: "`next` is null on the last page.",
        schema: z.strictObject({ items: z.array(s.userRecord), next: z.string().nullable() }),
      },
    },
    async handle({ engine, query, who }) {
      const { items, next } = await engine.users.list(who.actor, query)
      return { status: 200, json: { items: items.map(userRecordView), next } }
    },
  }),

  operation({
    id: "getUser",
    group: "Users",
    summary: "Read a user",
    method: "GET",
    path: "/users/{id}",
    access: "service users:read",
    answers: { 200: { description: "The user.", schema: s.userRecord } },
    refusals: ["not_found"],
    async handle({ engine, params }) {
      return { status: 200, json: userRecordView(await userAt(engine, params["id"])) }
    },
  }),

  operation({
    id: "updateUser",
    group: "Users",
    summary: "Change a user",
    description: "`disabled` ends all sessions at once.",
    method: "PATCH",
    path: "/users/{id}",
    access: "service users:write",
    body: z.strictObject({
      firstName: s.personName.nullable().optional(),
      lastName: s.personName.nullable().optional(),
      locale: s.locale.nullable().optional(),
      roles: roles.optional(),
      externalId: externalId.nullable().optional(),
      disabled: z.boolean().optional(),
    }),
    answers: { 200: { description: "The user as changed.", schema: s.userRecord } },
    refusals: ["not_found", "conflict"],
    async handle({ engine, params, body, who }) {
      const user = await engine.users.update(await onUser(who, engine, params["id"]), body)
      return { status: 200, json: userRecordView(user) }
    },
  }),

  operation({
    id: "removeUser",
    group: "Users",
    summary: "Remove a user",
    method: "DELETE",
    path: "/users/{id}",
    access: "service users:write",
    answers: { 204: { description: "The user and all that was theirs is gone." } },
    refusals: ["not_found"],
    async handle({ engine, params, who }) {
      await engine.users.remove(await onUser(who, engine, params["id"]))
      return { status: 204 }
    },
  }),

  operation({
    id: "listUserFactors",
    group: "Users",
    summary: "List a user's factors",
    method: "GET",
    path: "/users/{id}/factors",
    access: "service factors:read",
    answers: { 200: { description: "Without any secret.", schema: factorList } },
    refusals: ["not_found"],
    async handle({ engine, params, who }) {
      const on = await onUser(who, engine, params["id"])
      const [factors, offered] = await Promise.all([engine.factors.list(on), engine.factors.offered(on)])
      return { status: 200, json: { factors: factors.map(factorView), offered } }
    },
  }),

  operation({
    id: "beginUserFactor",
    group: "Users",
    summary: "Begin to add a factor for a user",
    description: "What is shown is for the user's eyes: pass it on, and keep nothing of it.",
    method: "POST",
    path: "/users/{id}/factors",
    access: "service factors:write",
    body: beginBody,
    answers: { 201: { description: "What to show.", schema: s.begun } },
    refusals: ["not_found", "kind_not_offered", "factor_limit_reached", "address_unconfirmed", "conflict"],
    async handle({ engine, params, body, who }) {
      const on = await onUser(who, engine, params["id"])
      return { status: 201, json: begunView(await engine.factors.begin(on, body)) }
    },
  }),

  operation({
    id: "confirmUserFactor",
    group: "Users",
    summary: "Confirm a user's begun factor with its first code",
    method: "POST",
    path: "/users/{id}/factors/confirm",
    access: "service factors:write",
    body: confirmBody,
    answers: { 200: { description: "The factor is on; with the first come recovery codes.", schema: s.confirmed } },
    refusals: [
      "not_found",
      "code_incorrect",
      "code_already_used",
      "enrolment_expired",
      "kind_not_offered",
      "too_many_attempts",
      "conflict",
    ],
    async handle({ engine, params, body, who }) {
      const on = await onUser(who, engine, params["id"])
      return { status: 200, json: confirmedView(await engine.factors.confirm(on, body)) }
    },
  }),

  operation({
    id: "removeUserFactor",
    group: "Users",
    summary: "Remove a user's factor",
    method: "DELETE",
    path: "/users/{id}/factors/{factorId}",
    access: "service factors:write",
    answers: { 204: { description: "It is gone at once, everywhere." } },
    refusals: ["not_found", "factor_required", "conflict"],
    async handle({ engine, params, who }) {
      await engine.factors.remove(await onUser(who, engine, params["id"]), { factorId: params["factorId"] ?? "" })
      return { status: 204 }
    },
  }),

  operation({
    id: "openUserChallenge",
    group: "Users",
    summary: "Open a sign-in challenge for a user",
    description:
      "For an app that has its own sign-in: after its first step it opens a challenge here, and the user's code " +
      "answers it with the challenge's token as a bearer. Without a factor there is nothing to ask: `enrolment_required`.",
    method: "POST",
    path: "/users/{id}/challenges",
    access: "service challenges:write",
    body: z.strictObject({ returnTo: z.string().max(2048).optional() }),
    answers: { 201: { description: "With the token.", schema: s.signIn } },
    refusals: ["not_found", "account_disabled", "enrolment_required", "too_many_attempts"],
    async handle({ call, engine, settings, params, body, who }) {
      const signIn = await engine.signIn.openFor(await onUser(who, engine, params["id"]), body)
      const carriage = { engine, carrier: "bearer", source: call.source, now: settings.now() } as const
      return { status: 201, json: (await settle(signIn, carriage)).view }
    },
  }),

  operation({
    id: "getUserRecoveryCodes",
    group: "Users",
    summary: "How many recovery codes a user has left",
    method: "GET",
    path: "/users/{id}/recovery-codes",
    access: "service factors:read",
    answers: { 200: { description: "Never the codes themselves.", schema: s.recoveryCodesStatus } },
    refusals: ["not_found"],
    async handle({ engine, params, who }) {
      const status = await engine.recoveryCodes.status(await onUser(who, engine, params["id"]))
      return { status: 200, json: recoveryCodesView(status) }
    },
  }),

  operation({
    id: "replaceUserRecoveryCodes",
    group: "Users",
    summary: "Make new recovery codes for a user",
    method: "POST",
    path: "/users/{id}/recovery-codes",
    access: "service factors:write",
    answers: { 201: { description: "New codes, for the user's eyes; the old ones are dead.", schema: codes } },
    refusals: ["not_found", "kind_not_offered", "enrolment_required", "conflict"],
    async handle({ engine, params, who }) {
      const replaced = await engine.recoveryCodes.replace(await onUser(who, engine, params["id"]))
      return { status: 201, json: { codes: [...replaced.codes] } }
    },
  }),
]
