import { z } from "zod"
import { CountersignError } from "../../engine/errors.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { recoveryCodesView } from "./views.ts"

export const codes = z.strictObject({ codes: z.array(z.string()) })

/** The codes for when every other factor is lost. */
export const recoveryCodeOperations = [
  operation({
    id: "getRecoveryCodes",
    group: "Recovery codes",
    summary: "How many recovery codes are left",
    method: "GET",
    path: "/recovery-codes",
    access: "user",
    answers: { 200: { description: "Never the codes themselves.", schema: s.recoveryCodesStatus } },
    async handle({ engine, who }) {
      return { status: 200, json: recoveryCodesView(await engine.recoveryCodes.status(who)) }
    },
  }),

  operation({
    id: "replaceRecoveryCodes",
    group: "Recovery codes",
    summary: "Make new recovery codes",
    method: "POST",
    path: "/recovery-codes",
    access: "user",
    takesMfaToken: true,
    repeatable: true,
    answers: { 201: { description: "New codes; the old ones are dead.", schema: codes } },
    refusals: ["kind_not_offered", "enrolment_required", "session_reverification_required", "conflict"],
    async handle({ engine, who }) {
      return { status: 201, json: { codes: [...(await engine.recoveryCodes.replace(who)).codes] } }
    },
  }),

  operation({
    id: "readRecoveryCodesAgain",
    group: "Recovery codes",
    summary: "Read the codes again before they are acknowledged",
    description: "Only for the session or key that made them, with a fresh second factor, and a day at most.",
    method: "GET",
    path: "/recovery-codes/copy",
    access: "user",
    answers: { 200: { description: "Those that are still good.", schema: codes } },
    refusals: ["not_found", "session_reverification_required"],
    async handle({ engine, who }) {
      const copy = await engine.recoveryCodes.reveal(who)
      if (!copy) throw new CountersignError("not_found")
      return { status: 200, json: { codes: copy.codes.filter(({ used }) => !used).map(({ code }) => code) } }
    },
  }),

  operation({
    id: "acknowledgeRecoveryCodes",
    group: "Recovery codes",
    summary: "Say that the codes are saved",
    description: "From then on nobody can read them any more.",
    method: "POST",
    path: "/recovery-codes/acknowledge",
    access: "user",
    answers: { 204: { description: "The copy is erased." } },
    async handle({ engine, who }) {
      await engine.recoveryCodes.acknowledge(who)
      return { status: 204 }
    },
  }),
]
