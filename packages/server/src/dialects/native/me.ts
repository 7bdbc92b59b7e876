import { z } from "zod"
import { ownView, renewal } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"

/** The signed-in user's own account. */
export const meOperations = [
  operation({
    id: "getMe",
    group: "Account",
    summary: "Read the signed-in user",
    method: "GET",
    path: "/me",
    access: "user",
    answers: { 200: { description: "The user.", schema: s.user } },
    async handle({ engine, who }) {
      return { status: 200, json: await ownView(engine, who, who.actor.user) }
    },
  }),

  operation({
    id: "updateMe",
    group: "Account",
    summary: "Change name or language",
    method: "PATCH",
    path: "/me",
    access: "user",
    body: z.strictObject({
      firstName: s.personName.nullable().optional(),
      lastName: s.personName.nullable().optional(),
      locale: s.locale.nullable().optional(),
    }),
    answers: { 200: { description: "The user as changed.", schema: s.user } },
    refusals: ["conflict"],
    async handle({ engine, body, who }) {
      const user = await engine.users.update(who, body)
      return { status: 200, json: await ownView(engine, who, user) }
    },
  }),

  operation({
    id: "changePassword",
    group: "Account",
    summary: "Change the password",
    description: "Ends everything else that the old one opened: other sessions, remembered devices, open links.",
    method: "POST",
    path: "/me/password",
    access: "user",
    takesMfaToken: true,
    limit: "sign-in",
    body: z.strictObject({ current: s.password.optional(), password: s.password }),
    answers: { 204: { description: "The password is changed.", renews: true } },
    refusals: ["credentials_incorrect", "password_rejected", "too_many_attempts", "session_reverification_required"],
    async handle({ call, engine, settings, body, who }) {
      const { token } = await engine.users.changePassword(who, body)
      return { status: 204, ...renewal(token, who, call, settings.now()) }
    },
  }),

  operation({
    id: "changeAddress",
    group: "Account",
    summary: "Ask for another address",
    description: "Mails the new address a link and tells the old one. Nothing changes before the link is followed.",
    method: "POST",
    path: "/me/address",
    access: "user",
    takesMfaToken: true,
    limit: "mail",
    body: z.strictObject({ email: s.email }),
    answers: { 202: { description: "A mail is under way.", schema: s.accepted } },
    refusals: ["session_reverification_required"],
    async handle({ engine, body, who }) {
      await engine.users.requestAddressChange(who, body)
      return { status: 202, json: { status: "accepted" } }
    },
  }),
]
