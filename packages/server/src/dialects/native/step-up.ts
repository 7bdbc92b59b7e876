import { z } from "zod"
import { carrierOf, challengeCookie } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { challengeView } from "./views.ts"

/** A fresh proof for a session that has one already (RFC 9470). */
export const stepUpOperations = [
  operation({
    id: "openStepUp",
    group: "Step-up",
    summary: "Open a challenge that makes this session fresh",
    description:
      "Then `POST /challenge/start` and `/challenge/answer`; `multi_factor` is answered twice, the password first. Without " +
      "a second factor every level comes to the first. A bearer reads the challenge's own token in the answer.",
    method: "POST",
    path: "/step-up",
    access: "session",
    body: z.strictObject({ level: s.level }),
    answers: { 201: { description: "The challenge.", schema: s.openedChallenge } },
    refusals: ["kind_not_offered"],
    async handle({ call, engine, settings, body, who }) {
      const { challenge, token } = await engine.stepUp.open(who, body)
      const view = challengeView(challenge, who.actor.user)
      return carrierOf(call) === "bearer"
        ? { status: 201, json: { ...view, token } }
        : { status: 201, json: view, cookies: [challengeCookie(token, challenge.expiresAt, settings.now())] }
    },
  }),
]
