/** The races of a passkey on PostgreSQL, where two writers really run at once. */
import { afterAll, expect, test } from "vitest"
import { openPostgres } from "../../../store/postgres.ts"
import { startPostgres } from "../../../store/postgres-for-tests.ts"
import { sceneForTests } from "../../sign-in/scene-for-tests.ts"
import { refusal } from "../../users/people-for-tests.ts"
import { asked, authenticatorForTests, enrolPasskey } from "./scene-for-tests.ts"

const cluster = await startPostgres()
afterAll(() => cluster?.stop())

const fulfilled = (settled: readonly PromiseSettledResult<unknown>[]): number =>
  settled.filter(({ status }) => status === "fulfilled").length

test.skipIf(cluster === undefined).each([
  ["that counts", {}],
  ["that does not count", { synced: true }],
])(
  "of a hundred answers at once of an authenticator %s one binds, and one signs in",
  async (_name, about) => {
    const database = openPostgres((await cluster?.freshDatabase()) ?? "")
    const scene = await sceneForTests({ database })
    const on = await scene.as((await scene.signIn()).token)
    const authenticator = authenticatorForTests(about)
    const begun = await scene.engine.factors.begin(on, { kind: "passkey" })
    const made = authenticator.create(begun.show["options"])
    const bound = await Promise.allSettled(
      Array.from({ length: 100 }, () => scene.engine.factors.confirm(on, { kind: "passkey", answer: made })),
    )
    expect(fulfilled(bound)).toBe(1)

    const { token, options } = await asked(scene)
    const used = authenticator.get(options)
    const passed = await Promise.allSettled(Array.from({ length: 100 }, () => scene.answer(token, "passkey", used)))
    expect(fulfilled(passed)).toBe(1)

    // Whether it has been copied changes, in the same write as the counter.
    const next = await asked(scene)
    const changed = authenticator.get(next.options, { backedUp: false })
    expect(await scene.answer(next.token, "passkey", changed)).toMatchObject({ status: "complete" })

    // The unique handle: the same credential for another one of the user's.
    const fresh = await scene.as((await signInAgain()).token)
    const credentialId = Buffer.from(authenticator.passkeys[0]?.id ?? "", "base64url")
    expect(await refusal(enrolPasskey(scene, fresh, authenticatorForTests(), { credentialId }))).toEqual({
      code: "conflict",
    })
    await scene.close()

    async function signInAgain() {
      const once = await asked(scene)
      return scene.answer(once.token, "passkey", authenticator.get(once.options))
    }
  },
  60_000,
)
