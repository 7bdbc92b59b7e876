import { z } from "zod"
import { carrierOf, renewal, settle } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { begunView, confirmedView, factorView } from "./views.ts"

export const beginBody = z.strictObject({ kind: s.kindName, name: s.factorName.optional() })

export const confirmBody = z.strictObject({
  kind: s.kindName,
  factorId: s.token.optional().describe("Left out: tried against all that were begun here."),
  answer: s.answer,
  name: s.factorName.optional(),
})

export const factorList = z.strictObject({
  factors: z.array(s.factor),
  offered: z.array(z.string()).describe("Kinds that could be added now."),
})

/** The second factors of the signed-in user. */
export const factorOperations = [
  operation({
    id: "listFactors",
    group: "Factors",
    summary: "List factors, and what could be added",
    method: "GET",
    path: "/factors",
    access: "user",
    query: z.strictObject({
      pending: z.enum(["1"]).optional().describe("Also what was begun in this session and waits for its first code."),
    }),
    answers: { 200: { description: "Without any secret.", schema: factorList } },
    async handle({ engine, query, who }) {
      const pending = query.pending !== undefined
      const [factors, offered] = await Promise.all([engine.factors.list(who, { pending }), engine.factors.offered(who)])
      return { status: 200, json: { factors: factors.map(factorView), offered } }
    },
  }),

  operation({
    id: "beginFactor",
    group: "Factors",
    summary: "Begin to add a factor",
    description:
      "A new secret each time; what was begun before stays good until it expires. Nothing protects the account before " +
      "it is confirmed. The holder of a challenge to enrol may do this as well.",
    method: "POST",
    path: "/factors",
    access: "user or enrolment",
    takesMfaToken: true,
    repeatable: true,
    body: beginBody,
    answers: { 201: { description: "What to show: a key and its QR code, a passkey's options.", schema: s.begun } },
    refusals: [
      "kind_not_offered",
      "factor_limit_reached",
      "address_unconfirmed",
      "session_reverification_required",
      "conflict",
      "too_many_requests",
    ],
    async handle({ call, engine, body, who }) {
      if (s.isMailed(body.kind)) await call.countMail()
      return { status: 201, json: begunView(await engine.factors.begin(who, body)) }
    },
  }),

  operation({
    id: "confirmFactor",
    group: "Factors",
    summary: "Confirm a begun factor with its first code",
    description:
      "The first factor brings recovery codes, shown this once. Where it was demanded, this settles the challenge and " +
      "`signIn` holds the session.",
    method: "POST",
    path: "/factors/confirm",
    access: "user or enrolment",
    limit: "sign-in",
    body: confirmBody.extend({ rememberDevice: z.boolean().optional() }),
    answers: { 200: { description: "The factor is on.", schema: s.confirmed, renews: true } },
    refusals: [
      "code_incorrect",
      "code_already_used",
      "enrolment_expired",
      "kind_not_offered",
      "too_many_attempts",
      "factor_limit_reached",
      "session_reverification_required",
      "conflict",
    ],
    async handle({ call, engine, settings, body, who }) {
      const confirmed = await engine.factors.confirm(who, body)
      const now = settings.now()
      const view = confirmedView(confirmed)
      if (confirmed.signIn) {
        const carriage = { engine, carrier: carrierOf(call), source: call.source, now }
        const settled = await settle(confirmed.signIn, carriage)
        return { status: 200, json: { ...view, signIn: settled.view }, cookies: settled.cookies }
      }
      return { status: 200, json: view, ...("actor" in who ? renewal(confirmed.token, who, call, now) : {}) }
    },
  }),

  operation({
    id: "updateFactor",
    group: "Factors",
    summary: "Rename a factor, or make it the default",
    method: "PATCH",
    path: "/factors/{id}",
    access: "user",
    takesMfaToken: true,
    body: z.strictObject({ name: s.factorName.optional(), default: z.literal(true).optional() }),
    answers: { 200: { description: "The factor as changed.", schema: s.factor } },
    refusals: ["not_found", "session_reverification_required", "conflict"],
    async handle({ engine, params: { id: factorId = "" }, body, who }) {
      return { status: 200, json: factorView(await engine.factors.update(who, { factorId, ...body })) }
    },
  }),

  operation({
    id: "removeFactor",
    group: "Factors",
    summary: "Remove a factor",
    description: "With the last factor go its recovery codes.",
    method: "DELETE",
    path: "/factors/{id}",
    access: "user",
    takesMfaToken: true,
    answers: { 204: { description: "It is gone at once, everywhere.", renews: true } },
    refusals: ["not_found", "factor_required", "session_reverification_required", "conflict"],
    async handle({ call, engine, settings, params: { id: factorId = "" }, who }) {
      const { token } = await engine.factors.remove(who, { factorId })
      return { status: 204, ...renewal(token, who, call, settings.now()) }
    },
  }),
]
