import { z } from "zod"

/**
 * What travels over this wire, as zod schemas: inputs are checked by them, answers are described (and tested) by them,
 * and the OpenAPI document is made from them. Strict everywhere: an unknown member is a mistake worth telling.
 */

export const instant = z.iso.datetime()
export const kindName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/)
  .describe("A kind of factor: `password`, `totp`, `recovery-code`, `email-code`, `passkey`.")
/** Whether beginning or starting the kind sends a mail, so that the limit on mails from one address counts it. */
export const isMailed = (kind: string): boolean => kind === "email-code"

/** Judged by the engine; here it only has to be text of a bearable length. */
export const email = z.string().min(1).max(320)
export const password = z.string().min(1).max(4096)
export const token = z.string().min(1).max(512)
export const personName = z.string().max(100)
export const locale = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
  .describe("A language tag (BCP 47): `en`, `de-AT`.")
export const actionName = z.string().min(1).max(64)
export const factorName = z.string().min(1).max(64)
export const level = z.enum(["first_factor", "second_factor", "multi_factor"])
export const answer = z
  .union([z.string().max(1024), z.record(z.string(), z.unknown())])
  .describe("What was typed, as text; for a passkey what the browser gave, as JSON: `credential.toJSON()`.")

export const recoveryCodesStatus = z
  .strictObject({
    left: z.int(),
    total: z.int(),
    createdAt: instant.nullable(),
    acknowledged: z.boolean().describe("Saved; before that the session that made them can read them again."),
  })
  .meta({ id: "RecoveryCodes" })

const userFacts = {
  id: z.string(),
  email: z.string().nullable(),
  emailConfirmed: z.boolean(),
  externalId: z.string().nullable().describe("The app's own id, where an app keeps its own users."),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  roles: z.array(z.string()),
  locale: z.string().nullable(),
  hasPassword: z.boolean(),
  revision: z.int().describe("Raised by every change of factors, codes, roles or addresses."),
  createdAt: instant,
  defaultFactorId: z.string().nullable(),
}

export const user = z
  .strictObject({
    ...userFacts,
    secondFactorEnabled: z.boolean(),
    factorKinds: z.array(z.string()).describe("Kinds of the confirmed factors that are on."),
    recoveryCodes: recoveryCodesStatus.nullable().describe("Null: there are none."),
  })
  .meta({ id: "User" })

/** As a service sees a user: what it may know of factors hangs on another scope. */
export const userRecord = z.strictObject({ ...userFacts, disabled: z.boolean() }).meta({ id: "UserRecord" })

export const session = z
  .strictObject({
    id: z.string(),
    aal: z.enum(["aal1", "aal2"]).describe("What was really proved; a remembered device is `aal1`."),
    amr: z.array(z.string()).describe("Methods of RFC 8176, and private ones."),
    acr: z.string(),
    authTime: instant,
    firstFactorAt: instant.nullable(),
    secondFactorAt: instant.nullable(),
    factorAges: z
      .tuple([z.int(), z.int()])
      .describe(
        "Whole minutes since the first and the second factor were proved. -1 for the second: the user has none; 99999: " +
          "it has one that this session has not proved.",
      ),
    createdAt: instant,
    expiresAt: instant,
    lastUsedAt: instant,
    deviceRemembered: z.boolean(),
    agent: z.string().nullable(),
    address: z.string().nullable(),
    current: z.boolean().optional(),
  })
  .meta({ id: "Session" })

export const factor = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    name: z.string(),
    state: z.enum(["pending", "on", "off"]),
    createdAt: instant,
    confirmedAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
    hint: z.string().optional().describe("For example the masked address that a mailed code goes to."),
  })
  .meta({ id: "Factor" })

export const challenge = z
  .strictObject({
    id: z.string(),
    purpose: z.enum(["sign_in", "enrol", "step_up"]),
    user: z.strictObject({ id: z.string(), email: z.string().nullable() }),
    kinds: z
      .array(z.strictObject({ kind: z.string(), factors: z.array(factor), sentAt: instant.optional() }))
      .describe("What can settle it, best first; for `enrol` the kinds that may be enrolled."),
    level: level.nullable(),
    attemptsLeft: z.int(),
    expiresAt: instant,
    returnTo: z.string().nullable(),
    postponableUntil: instant.nullable().describe("`enrol` only: until when it can be put off; null: not at all."),
  })
  .meta({ id: "Challenge" })

export const openedChallenge = challenge
  .extend({
    token: z.string().optional().describe("For a bearer: shown once, answers as `Authorization: Bearer csc_…`."),
  })
  .meta({ id: "OpenedChallenge" })

export const signIn = z
  .strictObject({
    status: z.enum(["complete", "second_factor", "enrolment"]),
    session: session.optional().describe("With `complete`."),
    user: user.optional().describe("With `complete`: nobody is told who they are before they proved it."),
    challenge: challenge.optional().describe("With `second_factor` and `enrolment`."),
    token: z.string().optional().describe("Only where a bearer was asked for: the session's or the challenge's."),
    deviceToken: z.string().optional().describe("Only for a bearer that asked to remember the device."),
    recoveryCodesLeft: z.int().optional().describe("After a recovery code was used."),
  })
  .meta({ id: "SignIn" })

/** What a kind shows differs by kind (a key and its URI, a passkey's options), so it is not spelled out. */
export const show = z.record(z.string(), z.unknown()).meta({
  id: "Shown",
  description:
    "`totp`: `secret`, `uri`; `passkey`: `options` for the browser, as JSON (WebAuthn level 3: " +
    "`PublicKeyCredential.parseCreationOptionsFromJSON`, at a challenge `parseRequestOptionsFromJSON`); `email-code`: nothing.",
})

export const begun = z.strictObject({ factor, show, expiresAt: instant.nullable() }).meta({ id: "BegunFactor" })

export const confirmed = z
  .strictObject({
    factor,
    recoveryCodes: z.array(z.string()).optional().describe("With the first factor; each shown this once."),
    signIn: signIn.optional().describe("Where this settled a demanded enrolment."),
  })
  .meta({ id: "ConfirmedFactor" })

export const apiKey = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    postfix: z.string().describe("The last characters, to tell keys apart."),
    userId: z.string().nullable(),
    service: z.string().nullable(),
    scopes: z.array(z.string()),
    createdAt: instant,
    expiresAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
  })
  .meta({ id: "ApiKey" })

export const activity = z
  .strictObject({
    id: z.string(),
    at: instant,
    userId: z.string().nullable(),
    event: z.string(),
    outcome: z.string(),
    door: z.string().nullable(),
    address: z.string().nullable(),
    agent: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Activity" })

export const rememberedDevice = z
  .strictObject({
    id: z.string(),
    agent: z.string().nullable(),
    address: z.string().nullable(),
    createdAt: instant,
    lastUsedAt: instant,
    expiresAt: instant,
    current: z.boolean(),
  })
  .meta({ id: "RememberedDevice" })

export const policy = z
  .strictObject({
    secondFactor: z.enum(["off", "optional", "required"]),
    factors: z.array(z.string()),
    recoveryCodes: z.boolean(),
    rememberedDevices: z.boolean(),
    stepUpSeconds: z.int(),
    maximumDevices: z.int(),
    minimumPasswordLength: z.int(),
    actions: z.record(z.string(), z.strictObject({ level, seconds: z.int(), singleUse: z.boolean() })),
    enrolmentOwed: z.boolean(),
    postponableUntil: instant.nullable(),
  })
  .meta({ id: "Policy" })

export const sessionState = z
  .strictObject({
    session: session.nullable(),
    user: user.nullable(),
    tasks: z.array(z.enum(["enrol_second_factor"])).describe("What the session owes before it may pass."),
    challenge: challenge.nullable().describe("The open challenge, where its cookie or bearer came along."),
  })
  .meta({ id: "SessionState" })

export const accepted = z
  .strictObject({ status: z.literal("accepted") })
  .meta({ id: "Accepted", description: "Always the same, whether or not there is anybody to mail." })

export const mfaToken = z
  .strictObject({
    token: z.string(),
    expiresAt: instant,
    singleUse: z.boolean(),
    action: z.string().nullable(),
  })
  .meta({ id: "MfaToken" })

export const page = z.strictObject({
  after: z.string().min(1).max(200).optional().describe("`next` of the page before."),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
