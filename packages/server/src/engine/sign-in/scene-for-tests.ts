/** A person with an account and perhaps an app, in front of a whole engine. For tests. */
import { createAuthenticator, type ScannedAccount } from "../../testing/authenticator.ts"
import { engineForTests, type EngineForTests } from "../../testing/engine.ts"
import type { Actor, Confirmed, On, SignIn, Source, User } from "../engine.ts"
import { operator, password, person, source } from "../users/people-for-tests.ts"

export type Scene = EngineForTests & {
  readonly user: User
  /** Acts for the user as an operator. */
  readonly asOperator: On
  /** The first step, with the right password. */
  signIn(
    more?: Partial<Parameters<EngineForTests["engine"]["signIn"]["withPassword"]>[0]>,
    from?: Source,
  ): Promise<SignIn>
  /** The first step of somebody with a factor. */
  challenge(from?: Source): Promise<string>
  answer(token: string, kind: string, answer: unknown, rememberDevice?: boolean): Promise<SignIn>
  /** The session behind a token, as an actor of the source. */
  as(token: string, from?: Source): Promise<On & { actor: Extract<Actor, { type: "session" }> }>
  /** Enrols an app in a session of its own choosing; the clock moves on to the next step. */
  enrol(on: On, name?: string): Promise<{ app: ScannedAccount; confirmed: Confirmed }>
  /** Signs in without a factor, enrols an app, and gives both. */
  withApp(): Promise<{
    app: ScannedAccount
    confirmed: Confirmed
    on: On & { actor: Extract<Actor, { type: "session" }> }
  }>
  /** The same session as if its second factor had been proved just now. */
  proved(on: On & { actor: Extract<Actor, { type: "session" }> }): On & { actor: Extract<Actor, { type: "session" }> }
  /** To the next time step, so that the app shows a new code. */
  nextStep(): void
  /** The newest mailed code. */
  mailedCode(): Promise<string>
  /** The kinds of notices that were mailed, in order. */
  notices(): Promise<string[]>
}

export async function sceneForTests(options: Parameters<typeof engineForTests>[0] = {}): Promise<Scene> {
  const tests = await engineForTests(options)
  return sceneOf(tests, await person(tests.ctx))
}

/** A person in front of an engine that is there already. */
export function sceneOf(tests: EngineForTests, user: User): Scene {
  const { engine, clock } = tests
  const authenticator = createAuthenticator(clock.now)
  const email = user.email ?? ""
  const nextStep = (): void => clock.advance(30)

  const scene: Scene = {
    ...tests,
    user,
    asOperator: { actor: operator, source, userId: user.id },
    nextStep,
    signIn: (more = {}, from = source) => engine.signIn.withPassword({ email, password, ...more }, from),
    async challenge(from) {
      const first = await scene.signIn({}, from)
      if (first.status !== "second_factor") throw new Error(`the first step led to ${first.status}`)
      return first.token
    },
    answer: (token, kind, answer, rememberDevice) =>
      engine.signIn.answer({ challenge: { token }, kind, answer, rememberDevice }, source),
    async as(token, from = source) {
      const actor = await engine.sessions.authenticate(token, from)
      if (actor?.type !== "session") throw new Error("no session")
      return { actor, source: from }
    },
    proved: (on) => ({
      ...on,
      actor: { ...on.actor, session: { ...on.actor.session, secondFactorAt: clock.now() } },
    }),
    async enrol(on, name) {
      const begun = await engine.factors.begin(on, { kind: "totp", name })
      const app = authenticator.scan(String(begun.show["uri"]))
      const confirmed = await engine.factors.confirm(on, { kind: "totp", answer: app.code() })
      nextStep()
      return { app, confirmed }
    },
    async withApp() {
      const first = await scene.signIn()
      const { app, confirmed } = await scene.enrol(await scene.as(first.token))
      return { app, confirmed, on: await scene.as(confirmed.token ?? "") }
    },
    async mailedCode() {
      const sent = (await tests.mails()).filter(({ template }) => template === "mailed-code")
      return String(sent.at(-1)?.facts["code"])
    },
    async notices() {
      const sent = await tests.mails()
      return sent.filter(({ template }) => template === "notice").map(({ facts }) => String(facts["notice"]))
    },
  }
  return scene
}
