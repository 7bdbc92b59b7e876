import { operation } from "./operation.ts"
import * as s from "./schemas.ts"

/** What a client may know before it asks. */
export const policyOperations = [
  operation({
    id: "getPolicy",
    group: "Installation",
    summary: "What is offered and demanded here",
    description: "With a session also what is owed by its user.",
    method: "GET",
    path: "/policy",
    access: "anybody",
    answers: { 200: { description: "The policy.", schema: s.policy } },
    async handle({ call, engine }) {
      const policy = await engine.policy.read(await call.actor())
      const { postponableUntil, factors, actions } = policy
      return {
        status: 200,
        json: {
          secondFactor: policy.secondFactor,
          factors: [...factors],
          recoveryCodes: policy.recoveryCodes,
          rememberedDevices: policy.rememberedDevices,
          stepUpSeconds: policy.stepUpSeconds,
          maximumDevices: policy.maximumDevices,
          minimumPasswordLength: policy.minimumPasswordLength,
          actions,
          enrolmentOwed: policy.enrolmentOwed,
          postponableUntil: postponableUntil === null ? null : new Date(postponableUntil).toISOString(),
        },
      }
    },
  }),
]
