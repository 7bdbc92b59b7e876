import { z } from "zod"
import { CountersignError } from "../../engine/errors.ts"
import { carrierOf, clearedCookie, settle } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { challengeView } from "./views.ts"

/** What settles an open challenge: of a sign-in, of an enrolment that is demanded, or of a step-up. */
export const challengeOperations = [
  operation({
    id: "getChallenge",
    group: "Sign-in",
    summary: "Read the open challenge",
    method: "GET",
    path: "/challenge",
    access: "challenge",
    answers: { 200: { description: "As it stands now.", schema: s.challenge } },
    async handle({ engine, who }) {
      const challenge = await engine.signIn.challenge(who.challenge.token)
      const user = await engine.users.find({ id: challenge.userId })
      if (!user) throw new CountersignError("challenge_spent")
      return { status: 200, json: challengeView(challenge, user) }
    },
  }),

  operation({
    id: "startChallenge",
    group: "Sign-in",
    summary: "Start a kind that has to send or show something",
    description: "A mailed code, a passkey's options. Again: sends anew, and the code before is dead; failures stay.",
    method: "POST",
    path: "/challenge/start",
    access: "challenge",
    body: z.strictObject({ kind: s.kindName }),
    answers: {
      200: {
        description: "What to show, and where a mail went.",
        schema: z.strictObject({
          show: s.show.optional(),
          hint: z.string().optional(),
          resendAfter: z.int().optional().describe("Seconds until it can be sent again."),
        }),
      },
    },
    refusals: ["kind_not_offered", "too_many_attempts", "too_many_requests"],
    async handle({ call, engine, body, who }) {
      if (s.isMailed(body.kind)) await call.countMail()
      const { show, hint, resendAfter } = await engine.signIn.start(who.challenge, body.kind, who.source)
      return { status: 200, json: { show, hint, resendAfter } }
    },
  }),

  operation({
    id: "answerChallenge",
    group: "Sign-in",
    summary: "Answer the open challenge",
    description:
      "Takes an attempt, whatever comes of it; what can't be a code at all is refused without one. A step-up gives the " +
      "acting session a new token.",
    method: "POST",
    path: "/challenge/answer",
    access: "challenge",
    limit: "sign-in",
    body: z.strictObject({
      kind: s.kindName,
      factorId: s.token.optional().describe("Only this one is tried; left out: all of the kind."),
      answer: s.answer,
      rememberDevice: z.boolean().optional().describe("Don't ask for the second factor on this device for a while."),
    }),
    answers: { 200: { description: "`complete`, or what is still owed.", schema: s.signIn } },
    refusals: [
      "code_incorrect",
      "code_already_used",
      "credentials_incorrect",
      "factor_dead",
      "kind_not_offered",
      "not_found",
      "too_many_attempts",
    ],
    async handle({ call, engine, settings, body, who }) {
      const { challenge, source } = who
      const signIn = await engine.signIn.answer({ challenge, ...body }, source)
      const carriage = { engine, carrier: carrierOf(call), source, now: settings.now() }
      const { view, cookies } = await settle(signIn, carriage)
      return { status: 200, json: view, cookies }
    },
  }),

  operation({
    id: "postponeEnrolment",
    group: "Sign-in",
    summary: "Put a demanded enrolment off",
    method: "POST",
    path: "/challenge/postpone",
    access: "challenge",
    limit: "sign-in",
    answers: { 200: { description: "`complete`, while policy lets it be put off.", schema: s.signIn } },
    refusals: ["enrolment_required"],
    async handle({ call, engine, settings, who }) {
      const { challenge, source } = who
      const signIn = await engine.signIn.postpone(challenge, source)
      const carriage = { engine, carrier: carrierOf(call), source, now: settings.now() }
      const { view, cookies } = await settle(signIn, carriage)
      return { status: 200, json: view, cookies }
    },
  }),

  operation({
    id: "abandonChallenge",
    group: "Sign-in",
    summary: "Give the open challenge up",
    method: "DELETE",
    path: "/challenge",
    access: "challenge",
    answers: { 204: { description: "It can't be answered any more." } },
    async handle({ engine, who }) {
      await engine.signIn.abandon(who.challenge)
      return { status: 204, cookies: [clearedCookie("challenge")] }
    },
  }),
]
