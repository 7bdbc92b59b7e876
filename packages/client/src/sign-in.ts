import type { Core } from "./core.ts"
import type { Challenge, Level, SignIn, Started } from "./wire.ts"

export type SignInInput = {
  email: string
  password: string
  /** Stay signed in after the browser is closed. */
  persistent?: boolean | undefined
  returnTo?: string | undefined
}

export type AnswerInput = {
  /** A kind that the challenge lists: `totp`, `recovery-code`, `password`, … */
  kind: string
  /** What was typed (blanks and dashes are fine), or what a passkey gave. */
  answer: unknown
  /** Only this one is tried; left out: all of the kind. */
  factorId?: string | undefined
  /** Don't ask for the second factor in this browser for a while. */
  rememberDevice?: boolean | undefined
}

export type SignInCalls = {
  /** First step: `complete`, or a challenge is open that has to be answered. */
  readonly signIn: (input: SignInInput) => Promise<SignIn>
  /** Ends the session. A bearer client forgets it even where the server can't be reached. */
  readonly signOut: () => Promise<void>
  readonly challenge: {
    /** The open challenge, as it stands now. Throws `challenge_spent`. */
    readonly read: () => Promise<Challenge>
    /** Sends or shows what the kind needs: a mailed code, a passkey's options. Again: sends anew. */
    readonly start: (kind: string) => Promise<Started>
    /** Answers it. `complete`: there is a (fresh) session; otherwise `challenge` holds what is still owed. */
    readonly answer: (input: AnswerInput) => Promise<SignIn>
    /** Puts a demanded enrolment off, while that is allowed. */
    readonly postpone: () => Promise<SignIn>
    /** Gives up; nobody is signed in by it. */
    readonly abandon: () => Promise<void>
  }
  /** Opens a challenge that makes this session fresh once it is answered. */
  readonly stepUp: (level: Level) => Promise<Challenge>
}

const post = (path: string, body?: object): { method: "POST"; path: string; body?: object | undefined } => ({
  method: "POST",
  path,
  body,
})

/** Signing in and out, and proving it again. */
export function signInCalls(core: Core): SignInCalls {
  return {
    async signIn({ email, password, persistent, returnTo }) {
      const device = core.bearer ? (await core.credential.tokens()).device : undefined
      const how = core.bearer ? { session: "bearer", ...(device === undefined ? {} : { deviceToken: device }) } : {}
      return core.step(post("/sign-in", { email, password, persistent, returnTo, ...how }))
    },
    async signOut() {
      try {
        await core.call({ method: "DELETE", path: "/session" })
      } catch (error) {
        if (!core.bearer && core.store.current().session) throw error
      }
      await core.leave()
    },
    challenge: {
      read: () => core.read("/challenge"),
      start: (kind) => core.call(post("/challenge/start", { kind })),
      answer: (input) => core.step(post("/challenge/answer", input)),
      postpone: () => core.step(post("/challenge/postpone")),
      async abandon() {
        await core.call({ method: "DELETE", path: "/challenge" })
        await core.credential.keep({ challenge: undefined })
        await core.refresh()
      },
    },
    async stepUp(level) {
      const { token, ...challenge } = await core.call<Challenge & { token?: string }>(post("/step-up", { level }))
      if (token !== undefined) await core.credential.keep({ challenge: token })
      return challenge
    },
  }
}
