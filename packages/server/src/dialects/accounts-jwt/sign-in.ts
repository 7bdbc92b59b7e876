import type { ChallengeRef, Engine, SignIn, Source } from "../../engine/engine.ts"
import { CountersignError } from "../../engine/errors.ts"
import type { AccountsSettings, Call, DialectSettings, Reply } from "../dialect.ts"
import { kindOf, providerFor, secondStep, signedIn } from "./auth-response.ts"
import { clientPage } from "./client-page.ts"
import { readFields } from "./validation.ts"

type Parts = { engine: Engine; settings: DialectSettings; own: AccountsSettings }

/** `POST login`: a token, or the second step with its code on the way. Asked again it sends a new code. */
export const login =
  ({ engine, settings, own }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const fields = readFields(await call.json())
    const email = fields.required("Email", "Email is required.")
    const password = fields.required("Password", "Password is required.")
    // Only the mail about a lock uses it: a foreign page is left out, and is no reason to keep anybody from signing in.
    const lockedLink = clientPage(fields.text("ClientURI"), settings.allowedOrigins)?.href
    fields.settle()

    const step = await firstStep(engine, { email, password, lockedLink }, call.source)
    if (step.status === "complete") return signedIn(engine, step, own)

    if (step.status === "enrolment") {
      await startEnrolment(engine, step, call.source)
      return secondStep("Email")
    }
    const provider = providerFor(step.challenge.kinds.map(({ kind }) => kind))
    if (!provider) throw new CountersignError("kind_not_offered")
    if (provider === "Email") await sendCode(engine, { token: step.token }, call.source)
    return secondStep(provider)
  }

const firstStep = async (
  engine: Engine,
  input: { email: string; password: string; lockedLink: string | undefined },
  source: Source,
): Promise<SignIn> => {
  try {
    return await engine.signIn.withPassword(input, source)
  } catch (error) {
    // What can't be an address or a password belongs to nobody, and is answered like every other wrong one.
    throw error instanceof CountersignError && error.code === "input_invalid"
      ? new CountersignError("credentials_incorrect")
      : error
  }
}

const sendCode = async (engine: Engine, challenge: ChallengeRef, source: Source): Promise<void> => {
  try {
    await engine.signIn.start(challenge, "email-code", source)
  } catch (error) {
    throw error instanceof CountersignError && error.code === "address_unconfirmed"
      ? new CountersignError("kind_not_offered")
      : error
  }
}

/**
 * Policy demands a second factor of somebody who has none. The mailed code is the one that this wire can set up: its
 * first right code turns it on and signs in.
 */
const startEnrolment = async (
  engine: Engine,
  { token, challenge }: Extract<SignIn, { status: "enrolment" }>,
  source: Source,
): Promise<void> => {
  if (!challenge.kinds.some(({ kind }) => kind === "email-code")) throw new CountersignError("kind_not_offered")
  try {
    await engine.factors.begin({ challenge: { token }, source }, { kind: "email-code" })
  } catch (error) {
    throw error instanceof CountersignError && error.code === "address_unconfirmed"
      ? new CountersignError("kind_not_offered")
      : error
  }
}

/** The engine's answer to a challenge that never was. */
const noChallenge: ChallengeRef = { id: "00000000-0000-7000-8000-000000000000" }

/**
 * `POST twostepverification`. Nothing on the wire proves the first step, so the challenge does: it is there only after
 * the right password, at this door, and ends with it. Everything that is wrong is one refusal.
 */
export const verifyTwoStep =
  ({ engine, own }: Parts) =>
  async (call: Call): Promise<Reply> => {
    const fields = readFields(await call.json())
    const email = fields.required("Email", "The Email field is required.")
    const provider = fields.required("Provider", "The Provider field is required.")
    const code = fields.required("Token", "The Token field is required.")
    fields.settle()

    const open = await engine.signIn.openChallengeOf(email, call.source.door)
    const kind = kindOf(provider)
    if (kind === undefined) throw new CountersignError("kind_not_offered")
    const challenge = open ? { id: open.id } : noChallenge
    const settled =
      open?.purpose === "enrol"
        ? (await engine.factors.confirm({ challenge, source: call.source }, { kind, answer: code })).signIn
        : await engine.signIn.answer({ challenge, kind, answer: code }, call.source)
    if (settled?.status !== "complete") throw new CountersignError("code_incorrect")
    return signedIn(engine, settled, own)
  }
