/**
 * What every kind of authenticator has to do, whatever it is: run against each of them, and against a stub in the
 * shape of a passkey, so that the types and the flows are proved wide enough for one.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { sceneForTests, sceneOf, type Scene } from "../sign-in/scene-for-tests.ts"
import { person, refusal, source } from "../users/people-for-tests.ts"
import type { Begun, On } from "../engine.ts"

export type KindUnderTest = {
  readonly name: string
  readonly options?: Parameters<typeof sceneForTests>[0]
  /** A right answer to a pending factor that was just begun. */
  enrolAnswer(scene: Scene, begun: Begun): Promise<unknown>
  /** A right answer to a challenge, which was started where the kind asks for that. Each one new. */
  answer(scene: Scene, begun: Begun, started: { show?: Record<string, unknown> }): Promise<unknown>
  /** Well-formed, and wrong. */
  readonly wrong: unknown
  /** What is no answer at all. */
  readonly junk: readonly unknown[]
}

export function contractOf(kind: KindUnderTest): void {
  describe(`the kind ${kind.name}`, () => {
    let scene: Scene
    beforeEach(async () => {
      scene = await sceneForTests(kind.options)
    })
    afterEach(() => scene.close())

    const enrol = async (of: Scene = scene): Promise<{ begun: Begun; on: On }> => {
      const on = await of.as((await of.signIn()).token)
      const begun = await of.engine.factors.begin(on, { kind: kind.name })
      const answer = await kind.enrolAnswer(of, begun)
      const { token } = await of.engine.factors.confirm(on, { kind: kind.name, answer })
      of.nextStep()
      return { begun, on: await of.as(token ?? "") }
    }
    const open = async (of: Scene = scene) => {
      const token = await of.challenge()
      const started = await of.engine.signIn.start({ token }, kind.name, source)
      return { token, started }
    }

    test("is enrolled, and signs in", async () => {
      const { begun } = await enrol()
      const { token, started } = await open()
      const done = await scene.answer(token, kind.name, await kind.answer(scene, begun, started))
      expect(done).toMatchObject({ status: "complete", session: { aal: 2, secondFactorAt: scene.clock.now() } })
      expect(await scene.engine.factors.list(await scene.as(done.token))).toMatchObject([
        { kind: kind.name, state: "on", lastUsedAt: scene.clock.now() },
      ])
    })

    test("takes an answer once, of a hundred at once, over one challenge", async () => {
      const { begun } = await enrol()
      const { token, started } = await open()
      const answer = await kind.answer(scene, begun, started)
      const settled = await Promise.allSettled(
        Array.from({ length: 100 }, () => scene.answer(token, kind.name, answer)),
      )
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    })

    test("takes no answer at a second challenge that was given at a first", async () => {
      const { begun } = await enrol()
      const a = await open()
      const answer = await kind.answer(scene, begun, a.started)
      const b = await open()
      await scene.answer(a.token, kind.name, answer)
      expect(await refusal(scene.answer(b.token, kind.name, answer))).toEqual({ code: "code_incorrect" })
    })

    test("takes no answer of another user", async () => {
      await enrol()
      const otto = sceneOf(scene, await person(scene.ctx, "otto@parcelforge.example"))
      const theirs = await enrol(otto)
      const foreign = await open(otto)
      const { token } = await open()
      const answer = await kind.answer(otto, theirs.begun, foreign.started)
      expect(await refusal(scene.answer(token, kind.name, answer))).toEqual({ code: "code_incorrect" })
      expect(await otto.answer(foreign.token, kind.name, answer)).toMatchObject({ status: "complete" })
    })

    test("counts a wrong answer, and none that is no answer at all", async () => {
      await enrol()
      const { token } = await open()
      for (const junk of kind.junk)
        expect(await refusal(scene.answer(token, kind.name, junk))).toEqual({ code: "input_invalid", field: "answer" })
      expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(5)
      expect(await refusal(scene.answer(token, kind.name, kind.wrong))).toEqual({ code: "code_incorrect" })
      expect((await scene.engine.signIn.challenge(token)).attemptsLeft).toBe(4)
    })

    test("is slowed down after five wrong answers over any number of challenges", async () => {
      const { begun } = await enrol()
      for (let failures = 0; failures < 5; failures++) {
        const { token } = await open()
        expect(await refusal(scene.answer(token, kind.name, kind.wrong))).toEqual({ code: "code_incorrect" })
      }
      const { token, started } = await open()
      const answer = await kind.answer(scene, begun, started)
      expect(await refusal(scene.answer(token, kind.name, answer))).toEqual({
        code: "too_many_attempts",
        retryAfter: 60,
      })
    })

    test("proves nothing before it is confirmed", async () => {
      const on = await scene.as((await scene.signIn()).token)
      await scene.engine.factors.begin(on, { kind: kind.name })
      expect(await scene.signIn()).toMatchObject({ status: "complete" })
    })

    test("proves nothing once it is removed", async () => {
      const { begun, on } = await enrol()
      const { token, started } = await open()
      const answer = await kind.answer(scene, begun, started)
      await scene.engine.factors.remove(on, { factorId: begun.factor.id })
      expect(await refusal(scene.answer(token, kind.name, answer))).toEqual({ code: "challenge_spent" })
    })

    test("makes a session fresh", async () => {
      const { begun, on } = await enrol()
      scene.clock.advance(3600)
      const { token } = await scene.engine.stepUp.open(on, { level: "second_factor" })
      const started = await scene.engine.signIn.start({ token }, kind.name, source)
      const done = await scene.answer(token, kind.name, await kind.answer(scene, begun, started))
      await scene.engine.stepUp.require((await scene.as(done.token)).actor, { level: "second_factor" })
    })

    test("shows the world nothing of what it keeps", async () => {
      const { begun, on } = await enrol()
      const listed = JSON.stringify(await scene.engine.factors.list(on))
      const { token } = await open()
      const view = JSON.stringify(await scene.engine.signIn.challenge(token))
      for (const secret of Object.values(begun.show).map(String)) {
        expect(listed).not.toContain(secret)
        expect(view).not.toContain(secret)
      }
      expect(Object.keys((await scene.engine.factors.list(on))[0] ?? {}).toSorted()).toEqual(
        expect.arrayContaining(["confirmedAt", "createdAt", "id", "kind", "lastUsedAt", "name", "state"]),
      )
    })
  })
}
