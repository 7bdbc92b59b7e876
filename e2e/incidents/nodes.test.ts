import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { startTestServer } from "countersign/testing"
import {
  atOnce,
  codeOf,
  credentials,
  drawRing,
  type Ground,
  groundOn,
  must,
  operator,
  type Person,
  wrongCodes,
} from "./ground.ts"

type Cluster = { freshDatabase(): Promise<string>; stop(): Promise<void> }

/** A PostgreSQL of the tests' own; undefined, loudly, where this machine has none. It is no part of what is published. */
const startCluster = async (): Promise<Cluster | undefined> => {
  const place = new URL("../../packages/server/src/store/postgres-for-tests.ts", import.meta.url).href
  const { startPostgres } = (await import(place)) as { startPostgres: () => Promise<Cluster | undefined> }
  return await startPostgres()
}

let cluster: Cluster | undefined
let nodes: readonly Ground[] = []

beforeAll(async () => {
  cluster = await startCluster()
  if (cluster === undefined) return
  const databaseUrl = await cluster.freshDatabase()
  const keys = drawRing()
  const start = async () => groundOn(await startTestServer({ databaseUrl, keys }))
  nodes = [await start(), await start()]
})
afterAll(async () => {
  for (const node of nodes) await node.close()
  await cluster?.stop()
})

const advance = (seconds: number): void => nodes.forEach(({ server }) => server.clock.advance(seconds))
const node = (index: number): Ground => {
  const found = nodes[index % nodes.length]
  if (found === undefined) throw new Error("no node")
  return found
}
const answer = async (at: Ground, who: Person, code: string | undefined, kind = "totp") =>
  await (await at.half(who)).post("/v1/challenge/answer", { kind, answer: code })

describe("two nodes on one PostgreSQL", () => {
  test("take a code once between them, of fifty at once and afterwards (A6, A11)", async ({ skip }) => {
    if (cluster === undefined) skip()
    for (let round = 0; round < 3; round++) {
      const who = await node(0).person()
      const halves = await atOnce(50, (index) => node(index).half(who))
      const code = who.app.code()
      const answers = await atOnce(50, async (index) =>
        halves[index]?.post("/v1/challenge/answer", { kind: "totp", answer: code }),
      )
      expect(answers.filter((given) => given?.status === 200)).toHaveLength(1)
      for (const each of nodes) expect((await answer(each, who, code)).status).toBe(400)
      advance(30)
      expect((await answer(node(round), who, who.app.code())).status).toBe(200)
    }
  })

  test("take a recovery code once between them (E3)", async ({ skip }) => {
    if (cluster === undefined) skip()
    const who = await node(1).person()
    const halves = await atOnce(50, (index) => node(index).half(who))
    const answers = await atOnce(50, async (index) =>
      halves[index]?.post("/v1/challenge/answer", { kind: "recovery-code", answer: who.codes[0] }),
    )
    expect(answers.filter((given) => given?.status === 200)).toHaveLength(1)
    expect((await node(0).server.engine.recoveryCodes.status({ ...operator, userId: who.id })).left).toBe(9)
  })

  test("let a challenge be settled once between them, and take its attempts together (B4, B7)", async ({ skip }) => {
    if (cluster === undefined) skip()
    const who = await node(0).person()
    const half = await node(0).half(who)
    const challenge = half.cookies.get("countersign-challenge") ?? ""
    const holders = nodes.map((each) => each.client({ bearer: challenge }))
    const wrong = wrongCodes(who, 20)
    const answers = await atOnce(20, async (index) =>
      holders[index % 2]?.post("/v1/challenge/answer", { kind: "totp", answer: wrong[index] }),
    )
    expect(answers.filter((given) => given?.status === 400).length).toBeLessThanOrEqual(5)
    advance(61)
    for (const holder of holders)
      expect((await holder?.post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }))?.status).toBe(410)
  })

  test("count guesses together: exactly five, the sixth is refused at both (B4, B16)", async ({ skip }) => {
    if (cluster === undefined) skip()
    const who = await node(0).person()
    for (const [index, wrong] of wrongCodes(who, 4).entries())
      expect((await answer(node(index), who, wrong)).status).toBe(400)
    // One fewer than the limit: the right one still passes, and the count begins anew.
    expect((await answer(node(1), who, who.app.code())).status).toBe(200)
    advance(30)
    for (const [index, wrong] of wrongCodes(who, 5).entries())
      expect((await answer(node(index), who, wrong)).status).toBe(400)
    for (const each of nodes) expect((await answer(each, who, who.app.code())).status).toBe(429)
    advance(60)
    expect((await answer(node(0), who, who.app.code())).status).toBe(200)
  })

  test("count wrong passwords together, at exactly the limit (B4, B16)", async ({ skip }) => {
    if (cluster === undefined) skip()
    const who = await node(0).plain()
    const statuses: number[] = []
    for (let tries = 0; tries < 6; tries++)
      statuses.push(
        (
          await node(tries)
            .client()
            .post("/v1/sign-in", { email: who.email, password: `not it ${tries}` })
        ).status,
      )
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429])
    advance(300)
    expect((await node(1).client().post("/v1/sign-in", credentials(who))).status).toBe(200)
  })

  test("of a hundred guesses at once on both let none pass behind the first dozens (B7)", async ({ skip }) => {
    if (cluster === undefined) skip()
    const who = await node(0).person()
    const halves = await atOnce(100, (index) => node(index).half(who))
    const guesses = wrongCodes(who, 100)
    guesses[90] = who.app.code()
    const answers = await atOnce(100, async (index) =>
      halves[index]?.post("/v1/challenge/answer", { kind: "totp", answer: guesses[index] }),
    )
    expect(answers.filter((given) => given?.status === 200)).toEqual([])
  })

  test("end at one what was ended at the other: sessions, disabled accounts, factors, remembered browsers (D8, F3)", async ({
    skip,
  }) => {
    if (cluster === undefined) skip()
    const who = await node(0).person()
    const bearers = [await node(0).bearer(who), await node(0).bearer(who)]
    advance(30)
    const elsewhere = bearers.map(({ token }) => node(1).client({ bearer: token }))
    for (const client of elsewhere) expect(await node(1).whoIs(client)).toBe(who.email)
    must(await bearers[0]!.delete("/v1/session"), 204)
    expect(await node(1).whoIs(elsewhere[0]!)).toBeUndefined()
    must(await bearers[1]!.delete(`/v1/factors/${who.factorId}`), 204)
    expect((await node(1).client().post("/v1/sign-in", credentials(who))).json).toMatchObject({ status: "complete" })
    must(await node(0).service.patch(`/v1/users/${who.id}`, { disabled: true }), 200)
    expect(await node(1).whoIs(elsewhere[1]!)).toBeUndefined()
    expect(codeOf(await node(1).client().post("/v1/sign-in", credentials(who)))).toBe("account_disabled")
  })

  test("keep the last factor of two, and one whole set of codes, whoever removes and makes them where (D10, E4)", async ({
    skip,
  }) => {
    if (cluster === undefined) skip()
    const who = await node(0).person()
    const bearer = await node(0).bearer(who)
    const elsewhere = node(1).client({ bearer: bearer.token })
    const made = await atOnce(30, async (index) =>
      (index % 2 ? bearer : elsewhere).post<{ codes: string[] }>("/v1/recovery-codes"),
    )
    const sets = made.filter(({ status }) => status === 201).map(({ json }) => json.codes)
    expect(sets.length).toBeGreaterThan(0)
    expect(made.every(({ status }) => status === 201 || status === 409)).toBe(true)
    const status = await node(0).server.engine.recoveryCodes.status({ ...operator, userId: who.id })
    expect([status.total, status.left]).toEqual([10, 10])
    const tried = []
    for (const [first] of sets) {
      tried.push((await answer(node(1), who, first, "recovery-code")).status)
      advance(3600)
    }
    expect(tried.filter((each) => each === 200)).toHaveLength(1)
  })
})
