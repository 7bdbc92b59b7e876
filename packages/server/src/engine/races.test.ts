import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest"
import { sql } from "../store/database.ts"
import { type Store, storesForTests } from "../store/stores-for-tests.ts"
import { engineForTests } from "../testing/engine.ts"
import type { On, SignIn } from "./engine.ts"
import { type Scene, sceneOf } from "./sign-in/scene-for-tests.ts"
import { totpOf } from "./sign-in/totp-for-tests.ts"
import { person, service, source } from "./users/people-for-tests.ts"

/**
 * What has to hold when many ask at once, over several nodes that share nothing but the database. Each node is an
 * engine with a handle of its own, and calls go to them in turn.
 */
let kept: Awaited<ReturnType<typeof storesForTests>>
beforeAll(async () => {
  kept = await storesForTests()
})
afterAll(() => kept.stop())

const names = ["SQLite in memory", "three handles on one SQLite file", "PostgreSQL", "two pools on one PostgreSQL"]

type Nodes = {
  readonly all: readonly Scene[]
  readonly first: Scene
  readonly at: (index: number) => Scene
  close(): Promise<void>
}

async function nodesOn(store: Store, settings = {}): Promise<Nodes> {
  const handles = await store.open()
  const [head, ...rest] = handles
  if (head === undefined) throw new Error("no handle")
  const tests = await engineForTests({ database: head, settings })
  const user = await person(tests.ctx)
  const first = sceneOf(tests, user)
  const all = [first]
  for (const database of rest) all.push(sceneOf(await engineForTests({ database, settings, clock: tests.clock }), user))
  return {
    all,
    first,
    at: (index) => all[index % all.length] ?? first,
    close: async () => void (await Promise.all(handles.map((handle) => handle.close()))),
  }
}

const many = <T>(count: number, call: (index: number) => Promise<T>): Promise<PromiseSettledResult<T>[]> =>
  Promise.allSettled(Array.from({ length: count }, (_, index) => call(index)))

const won = (settled: readonly PromiseSettledResult<unknown>[]): number =>
  settled.filter(({ status }) => status === "fulfilled").length

/** Every refusal is one of ours: nothing broke. */
const codes = (settled: readonly PromiseSettledResult<unknown>[]): Set<string> =>
  new Set(
    settled.flatMap((one) =>
      one.status === "rejected" ? [(one.reason as { code?: string }).code ?? String(one.reason)] : [],
    ),
  )

const alive = async ({ first }: Nodes): Promise<number> =>
  (await first.database.query(sql`select id from sessions where ended_at is null and user_id = ${first.user.id}`))
    .length

describe.each(names)("at once, on %s", (name) => {
  const onNodes = async (context: TestContext, run: (nodes: Nodes) => Promise<void>, settings = {}): Promise<void> => {
    const store = kept.stores.find((candidate) => candidate.name === name)
    if (store === undefined) return context.skip("the store is not to be had on this machine")
    const nodes = await nodesOn(store, settings)
    try {
      await run(nodes)
    } finally {
      await nodes.close()
    }
  }

  test("one code at a hundred challenges signs in once", (context) =>
    onNodes(context, async (nodes) => {
      const { app } = await nodes.first.withApp()
      const tokens: string[] = []
      for (let index = 0; index < 100; index++) tokens.push(await nodes.at(index).challenge())
      const before = await alive(nodes)
      const settled = await many(100, (index) => nodes.at(index).answer(tokens[index] ?? "", "totp", app.code()))
      expect(won(settled)).toBe(1)
      expect(codes(settled)).toEqual(new Set(["code_incorrect"]))
      expect(await alive(nodes)).toBe(before + 1)
    }))

  test("one challenge answered a hundred times signs in once", (context) =>
    onNodes(context, async (nodes) => {
      const { app } = await nodes.first.withApp()
      const token = await nodes.first.challenge()
      const before = await alive(nodes)
      const settled = await many(100, (index) => nodes.at(index).answer(token, "totp", app.code()))
      expect(won(settled)).toBe(1)
      for (const code of codes(settled)) expect(["code_incorrect", "challenge_spent"]).toContain(code)
      expect(await alive(nodes)).toBe(before + 1)
    }))

  test("one recovery code at a hundred challenges signs in once", (context) =>
    onNodes(context, async (nodes) => {
      const { confirmed } = await nodes.first.withApp()
      const tokens: string[] = []
      for (let index = 0; index < 100; index++) tokens.push(await nodes.at(index).challenge())
      const settled = await many(100, (index) =>
        nodes.at(index).answer(tokens[index] ?? "", "recovery-code", confirmed.recoveryCodes?.[0]),
      )
      expect(won(settled)).toBe(1)
      expect(codes(settled)).toEqual(new Set(["code_incorrect"]))
    }))

  test("a right code among sixty wrong ones does not get past the wait that five begin", (context) =>
    onNodes(context, async (nodes) => {
      const { app } = await nodes.first.withApp()
      const tokens: string[] = []
      for (let index = 0; index < 60; index++) tokens.push(await nodes.at(index).challenge())
      const settled = await many(60, (index) =>
        nodes.at(index).answer(tokens[index] ?? "", "totp", index === 50 ? app.code() : "000000"),
      )
      const failures = await nodes.first.database.query<{ total: number }>(
        sql`select total from failures where class = 'code'`,
      )
      // All that were judged were counted; the right one came after more than five.
      expect(failures[0]?.total).toBeGreaterThanOrEqual(5)
      expect(won(settled)).toBe(0)
      for (const code of codes(settled)) expect(["code_incorrect", "too_many_attempts"]).toContain(code)
    }))

  test("one confirmation turns one app on, with one set of codes", (context) =>
    onNodes(context, async (nodes) => {
      const session = await nodes.first.as((await nodes.first.signIn()).token)
      const begun = await nodes.first.engine.factors.begin(session, { kind: "totp" })
      const answer = totpOf(begun, nodes.first.clock)
      const settled = await many(40, (index) =>
        nodes.at(index).engine.factors.confirm(session, { kind: "totp", answer }),
      )
      expect(won(settled)).toBe(1)
      for (const code of codes(settled)) expect(["enrolment_expired", "conflict", "code_already_used"]).toContain(code)
      expect(await nodes.first.database.query(sql`select id from recovery_codes`)).toHaveLength(10)
      expect(await nodes.first.database.query(sql`select id from factors where state = 'on'`)).toHaveLength(1)
    }))

  test("sessions that confirm apps of their own do not get past the limit", (context) =>
    onNodes(
      context,
      async (nodes) => {
        const holders: { on: On; answer: string }[] = []
        for (let index = 0; index < 10; index++) {
          const session = await nodes.at(index).as((await nodes.at(index).signIn()).token)
          const begun = await nodes.at(index).engine.factors.begin(session, { kind: "totp" })
          holders.push({ on: session, answer: totpOf(begun, nodes.first.clock) })
        }
        await many(10, async (index) => {
          const holder = holders[index]
          if (holder) await nodes.at(index).engine.factors.confirm(holder.on, { kind: "totp", answer: holder.answer })
        })
        const rows = await nodes.first.database.query(sql`select id from factors where state = 'on'`)
        expect(rows.length).toBeGreaterThanOrEqual(1)
        expect(rows.length).toBeLessThanOrEqual(2)
      },
      { totp: { maximumDevices: 2 } },
    ))

  test("an enrolment that is owed gives one session, however often it is confirmed", (context) =>
    onNodes(
      context,
      async (nodes) => {
        const { token } = await nodes.first.signIn()
        const enrolling = { challenge: { token }, source }
        const begun = await nodes.first.engine.factors.begin(enrolling, { kind: "totp" })
        const answer = totpOf(begun, nodes.first.clock)
        const settled = await many(40, (index) =>
          nodes.at(index).engine.factors.confirm(enrolling, { kind: "totp", answer }),
        )
        expect(won(settled)).toBe(1)
        expect(await alive(nodes)).toBe(1)
      },
      { secondFactor: { rule: "required" } },
    ))

  test("two who remove one of two factors each leave one where one is demanded", (context) =>
    onNodes(
      context,
      async (nodes) => {
        const { on: session, confirmed } = await nodes.first.withApp()
        const second = await nodes.first.enrol(session)
        await nodes.first.engine.users.update(nodes.first.asOperator, { roles: ["admin"] })
        const now = await nodes.first.as(second.confirmed.token ?? "")
        const factors = [confirmed.factor.id, second.confirmed.factor.id]
        await many(2, (index) => nodes.at(index).engine.factors.remove(now, { factorId: factors[index] ?? "" }))
        expect(await nodes.first.database.query(sql`select id from factors where state = 'on'`)).toHaveLength(1)
      },
      { secondFactor: { rule: "required", roles: ["admin"] } },
    ))

  test("one pending key for the user is one", (context) =>
    onNodes(context, async (nodes) => {
      const session = await nodes.first.as((await nodes.first.signIn()).token)
      const settled = await many(30, (index) =>
        nodes.at(index).engine.factors.begin(session, { kind: "totp", oneForUser: true }),
      )
      const secrets = new Set(settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.show["secret"]] : [])))
      expect(secrets.size).toBe(1)
      expect(await nodes.first.database.query(sql`select id from factors`)).toHaveLength(1)
    }))

  test("one token for an action is spent once", (context) =>
    onNodes(context, async (nodes) => {
      const { on: session } = await nodes.first.withApp()
      const { token } = await nodes.first.engine.mfaTokens.mint(session, {})
      const server: On = { actor: service("mfa-tokens:spend"), source }
      const settled = await many(40, (index) => nodes.at(index).engine.mfaTokens.spend(server, { token }))
      expect(won(settled)).toBe(1)
      expect(codes(settled)).toEqual(new Set(["mfa_token_invalid"]))
    }))

  test("one token that stands in for a fresh proof pays for one change", (context) =>
    onNodes(context, async (nodes) => {
      const { on: session, confirmed } = await nodes.first.withApp()
      const { token: mfaToken } = await nodes.first.engine.mfaTokens.mint(session, {})
      const by: On = { ...session, mfaToken }
      const factorId = confirmed.factor.id
      const settled = await many(40, async (index) => {
        const { engine } = nodes.at(index)
        if (index % 4 === 0) return engine.recoveryCodes.replace(by)
        if (index % 4 === 1) return engine.factors.begin(by, { kind: "totp" })
        if (index % 4 === 2) return engine.factors.update(by, { factorId, name: `Phone ${index}` })
        return engine.factors.remove(by, { factorId })
      })
      expect(won(settled)).toBe(1)
      for (const code of codes(settled)) expect(["mfa_token_invalid", "not_found", "conflict"]).toContain(code)
    }))

  test("one code proves one token, and makes its session fresh once", (context) =>
    onNodes(context, async (nodes) => {
      const { app, on: session } = await nodes.first.withApp()
      const settled = await many(40, (index) =>
        nodes.at(index).engine.mfaTokens.mint(session, { proof: { kind: "totp", answer: app.code() } }),
      )
      expect(won(settled)).toBe(1)
      expect(codes(settled)).toEqual(new Set(["code_already_used"]))
      expect(await nodes.first.database.query(sql`select token_hash from mfa_tokens`)).toHaveLength(1)
    }))

  test("one request that arrives many times makes one set of codes, and every answer holds it", (context) =>
    onNodes(context, async (nodes) => {
      const { on: session } = await nodes.first.withApp()
      const by: On = { ...session, requestKey: "once" }
      const settled = await many(20, (index) => nodes.at(index).engine.recoveryCodes.replace(by))
      const sets = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.codes.join(" ")] : []))
      expect([sets.length, new Set(sets).size]).toEqual([20, 1])
      expect(await nodes.first.database.query(sql`select id from recovery_codes`)).toHaveLength(10)
    }))

  test("different recovery codes and other changes of the user stand all, each with a revision of its own", (context) =>
    onNodes(context, async (nodes) => {
      const { on: session, confirmed } = await nodes.first.withApp()
      const before = (await nodes.first.engine.users.find({ id: nodes.first.user.id }))?.revision ?? 0
      const tokens: string[] = []
      for (let index = 0; index < 8; index++) tokens.push(await nodes.at(index).challenge())
      const settled = await many(10, async (index) => {
        const scene = nodes.at(index)
        if (index >= 8) return scene.engine.users.update(session, { firstName: `Ewa ${index}` })
        return scene.answer(tokens[index] ?? "", "recovery-code", confirmed.recoveryCodes?.[index])
      })
      expect([...codes(settled)]).toEqual([])
      const after = await nodes.first.engine.users.find({ id: nodes.first.user.id })
      expect(after?.revision).toBe(before + 10)
      expect(await nodes.first.engine.recoveryCodes.status(nodes.first.asOperator)).toMatchObject({ left: 2 })
    }))

  test("wrong passwords are all counted, and the lock holds on every node", (context) =>
    onNodes(context, async (nodes) => {
      const wrong = (index: number): Promise<SignIn> => nodes.at(index).signIn({ password: "wrong" })
      const settled = await many(30, wrong)
      expect(won(settled)).toBe(0)
      for (const scene of nodes.all) await expect(scene.signIn()).rejects.toMatchObject({ code: "too_many_attempts" })
    }))

  test("new recovery codes that are made at once leave one whole set", (context) =>
    onNodes(context, async (nodes) => {
      const { on: session } = await nodes.first.withApp()
      const settled = await many(12, (index) => nodes.at(index).engine.recoveryCodes.replace(session))
      expect(won(settled)).toBeGreaterThanOrEqual(1)
      for (const code of codes(settled)) expect(code).toBe("conflict")
      expect(await nodes.first.database.query(sql`select id from recovery_codes`)).toHaveLength(10)
      expect(await nodes.first.database.query(sql`select id from recovery_code_sets`)).toHaveLength(1)
    }))
})
