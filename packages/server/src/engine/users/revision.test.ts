import { afterEach, beforeEach, expect, test } from "vitest"
import type { User } from "../engine.ts"
import { sceneForTests, type Scene } from "../sign-in/scene-for-tests.ts"
import { newestLink, password, source } from "./people-for-tests.ts"

/** Clients keep what they drew while the revision stands still, and drop an answer whose revision is older. */

let scene: Scene
beforeEach(async () => {
  scene = await sceneForTests()
})
afterEach(() => scene.close())

/** All that a client is shown of a user, and the revision apart from it. */
async function seen(): Promise<{ revision: number; shown: unknown }> {
  const { revision, ...user } = (await scene.engine.users.find({ id: scene.user.id })) as User
  const factors = await scene.engine.factors.list(scene.asOperator)
  const { used: _, ...codes } = await scene.engine.recoveryCodes.status(scene.asOperator)
  return { revision, shown: { ...user, kinds: factors.map(({ kind, state }) => [kind, state]), codes } }
}

async function raisedBy(change: () => Promise<unknown>): Promise<number> {
  const before = await seen()
  await change()
  const after = await seen()
  expect(after.shown).not.toEqual(before.shown)
  return after.revision - before.revision
}

test("everything that a client is shown of a user raises the revision when it changes", async () => {
  const { engine } = scene
  const first = await scene.withApp()
  let { on } = first
  const refresh = (token: string | undefined) => scene.as(token ?? "").then((fresh) => (on = fresh))
  const codes = [...(first.confirmed.recoveryCodes ?? [])]
  const changes: Record<string, () => Promise<unknown>> = {
    names: () => engine.users.update(on, { firstName: "Ewa" }),
    locale: () => engine.users.update(on, { locale: "de" }),
    roles: () => engine.users.update(scene.asOperator, { roles: ["editor"] }),
    "the app's id": () => engine.users.update(scene.asOperator, { externalId: "4711" }),
    "codes acknowledged": () => engine.recoveryCodes.acknowledge(on),
    "a code spent at a sign-in": async () => scene.answer(await scene.challenge(), "recovery-code", codes[0]),
    "a code spent in a step-up": async () => {
      const { token } = await engine.stepUp.open(on, { level: "second_factor" })
      await refresh((await scene.answer(token, "recovery-code", codes[1])).token)
    },
    "a code spent for a token": async () => {
      const proof = { kind: "recovery-code", answer: codes[2] }
      await refresh((await engine.mfaTokens.mint(on, { proof })).sessionToken)
    },
    "new codes": () => engine.recoveryCodes.replace(on),
    password: async () => refresh((await engine.users.changePassword(on, { password: "Heron-Quay-88!" })).token),
    "a second app": async () => refresh((await scene.enrol(on, "Tablet")).confirmed.token),
    default: async () => {
      const listed = await engine.factors.list(on)
      await engine.factors.setDefault(on, { factorId: listed[1]?.id ?? "" })
    },
    "an app removed": async () => {
      const listed = await engine.factors.list(on)
      await refresh((await engine.factors.remove(on, { factorId: listed[1]?.id ?? "" })).token)
    },
    address: async () => {
      await engine.users.requestAddressChange(on, { email: "new@parcelforge.example" })
      const mails = await scene.mails()
      const link = mails.findLast(({ template }) => template === "address-change")?.facts["link"]
      await engine.users.confirmAddress({ token: new URL(String(link)).searchParams.get("token") ?? "" }, { ...source })
    },
    "an operator's reset": () => engine.factors.reset(scene.asOperator, {}),
    disabled: () => engine.users.setDisabled(scene.asOperator, true),
  }
  const raised: Record<string, number> = {}
  for (const [name, change] of Object.entries(changes)) raised[name] = await raisedBy(change)
  for (const [name, by] of Object.entries(raised)) expect([name, by]).toEqual([name, expect.toSatisfy((n) => n > 0)])
})

test("a rename raises it too, though the user's own members stay", async () => {
  const { on, confirmed } = await scene.withApp()
  const { revision } = await seen()
  await scene.engine.factors.rename(on, { factorId: confirmed.factor.id, name: "Work phone" })
  expect((await seen()).revision).toBe(revision + 1)
})

test("confirming an address and setting a forgotten password raise it", async () => {
  await scene.close()
  scene = await sceneForTests({ settings: { confirmEmail: "optional" } })
  const { engine } = scene
  const { created } = await engine.users.signUp({ email: "otto@parcelforge.example", password }, source)
  const revisionOf = async () => (await engine.users.find({ id: created?.id ?? "" }))?.revision ?? 0
  const start = await revisionOf()
  await engine.users.confirmAddress({ token: (await newestLink(scene)).token }, source)
  const confirmed = await revisionOf()
  expect(confirmed).toBeGreaterThan(start)
  await engine.users.requestReset({ email: "otto@parcelforge.example" }, source)
  await engine.users.resetPassword({ token: (await newestLink(scene)).token, password: "Heron-Quay-88!" }, source)
  expect(await revisionOf()).toBeGreaterThan(confirmed)
})

test("a sign-in with a code says the revision that the user has then, not the one before", async () => {
  const { confirmed } = await scene.withApp()
  const done = await scene.answer(await scene.challenge(), "recovery-code", confirmed.recoveryCodes?.[0])
  expect(done.user.revision).toBe((await seen()).revision)
})

test("codes that are spent at once all raise it, and a change meanwhile is not lost", async () => {
  const { confirmed, on } = await scene.withApp()
  const { revision } = await seen()
  const tokens = await Promise.all(Array.from({ length: 5 }, () => scene.challenge()))
  await Promise.all([
    ...tokens.map((token, index) => scene.answer(token, "recovery-code", confirmed.recoveryCodes?.[index])),
    scene.engine.users.update(on, { firstName: "Ewa" }),
  ])
  const after = await seen()
  expect(after.revision).toBe(revision + 6)
  expect(after.shown).toMatchObject({ firstName: "Ewa", codes: { left: 5 } })
})
