import { afterEach, beforeEach, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import { bounds } from "../vault.ts"
import { mailWrite } from "../outbox.ts"
import { operator, person, refusal, service, signIn, source, userKey } from "../users/people-for-tests.ts"
import { activityOf } from "./activity.ts"
import { auditWrite, plainAgent } from "./audit.ts"
import { noticeWrites } from "./notices.ts"

let tests: ContextForTests
beforeEach(async () => {
  tests = await contextForTests()
})
afterEach(() => tests.close())
const activity = () => activityOf(tests.ctx)
const note = (userId: string | null, event: string) =>
  tests.database.commit([auditWrite(tests.ctx, { userId, event, outcome: "success", source, detail: { n: 1 } })])

test("an entry says when, who, what, how it went and from where", async () => {
  const user = await person(tests.ctx)
  await note(user.id, "sign_in.complete")
  const { items } = await activity().all(operator, { limit: 1 })
  expect(items[0]).toMatchObject({
    at: tests.clock.now(),
    userId: user.id,
    event: "sign_in.complete",
    outcome: "success",
    door: "native",
    address: source.address,
    agent: source.agent,
    detail: { n: 1 },
  })
})

test("a user agent forges no second line and no endless one, and any text of it can be stored", async () => {
  expect(plainAgent("Evil\r\n2030 admin\u0000\u0085\u2028x")).toBe("Evil 2030 admin x")
  expect(plainAgent("x".repeat(5000))).toHaveLength(400)
  expect(plainAgent(undefined)).toBeNull()
  const emoji = `${"x".repeat(399)}🔑`
  expect(plainAgent(emoji)?.isWellFormed()).toBe(true)
  for (const agent of [emoji, "\ud800", "\u0000"])
    await tests.database.commit([
      auditWrite(tests.ctx, { userId: null, event: "x", outcome: "failure", source: { ...source, agent } }),
    ])
})

test("the record is read newest first, in pages, each entry once", async () => {
  const user = await person(tests.ctx)
  for (let n = 0; n < 5; n++) {
    if (n % 2) tests.clock.advance(1)
    await note(user.id, `event.${n}`)
  }
  await note(null, "nobody's")
  const { on } = await signIn(tests.ctx, user)
  const seen: string[] = []
  let after: string | undefined
  do {
    const page = await activity().ofUser(on, { limit: 2, after })
    seen.push(...page.items.map(({ event }) => event))
    if (seen.length === 2) await note(user.id, "meanwhile")
    after = page.next ?? undefined
  } while (after !== undefined)
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.toSorted()).toEqual(["event.0", "event.1", "event.2", "event.3", "event.4", "user.created"])
  expect(["event.4", "event.3"]).toContain(seen[0])
})

test("users read their own activity and nobody else's", async () => {
  const user = await person(tests.ctx)
  const victim = await person(tests.ctx, "victim@parcelforge.example")
  const { on, actor } = await signIn(tests.ctx, user)
  const { items } = await activity().ofUser(on, { limit: 50 })
  expect(items.every(({ userId }) => userId === user.id)).toBe(true)
  expect(await refusal(activity().ofUser({ ...on, userId: victim.id }, { limit: 1 }))).toEqual({ code: "not_found" })
  expect(await refusal(activity().all(actor, { limit: 1 }))).toEqual({ code: "forbidden" })
  expect(await refusal(activity().all(userKey(user), { limit: 1 }))).toEqual({ code: "forbidden" })
  expect(await refusal(activity().all(service("users:read"), { limit: 1 }))).toEqual({
    code: "insufficient_scope",
    scope: "audit:read",
  })
  expect((await activity().all(service("audit:read"), { limit: 50 })).items.length).toBeGreaterThan(1)
  for (const page of [{ limit: 0 }, { limit: 1, after: "x" }])
    expect((await refusal(activity().ofUser(on, page))).code).toBe("input_invalid")
})

test("a notice goes to the user's address in the user's language, with when and from where", async () => {
  const user = { ...(await person(tests.ctx)), locale: "de" }
  await tests.database.commit(await noticeWrites(tests.ctx, user, "factor_added", source, { name: "Phone" }))
  expect(await tests.mails()).toEqual([
    {
      template: "notice",
      to: user.email,
      locale: "de",
      facts: {
        notice: "factor_added",
        name: "Phone",
        at: tests.clock.now(),
        agent: source.agent,
        address: source.address,
      },
    },
  ])
  expect(await noticeWrites(tests.ctx, { email: null, locale: null }, "factor_added", source)).toEqual([])
})

test("a caller's facts replace neither the notice nor its time and place", async () => {
  const user = await person(tests.ctx)
  await tests.database.commit(
    await noticeWrites(tests.ctx, user, "factor_removed", source, { notice: "x", at: 0, agent: "x", address: "x" }),
  )
  expect((await tests.mails())[0]?.facts).toEqual({
    notice: "factor_removed",
    at: tests.clock.now(),
    agent: source.agent,
    address: source.address,
  })
})

test("a mail in the outbox is sealed, and opens only as that mail", async () => {
  const mail = {
    template: "mailed-code",
    to: "ewa@parcelforge.example",
    locale: "en",
    facts: { code: "493817" },
  } as const
  await tests.database.commit([await mailWrite(tests.ctx, mail)])
  const [row] = await tests.database.query<{ id: string; body: string; next_at: number }>(sql`select * from outbox`)
  expect(JSON.stringify(row)).not.toMatch(/493817|parcelforge/)
  expect(row?.next_at).toBe(tests.clock.now())
  expect(JSON.parse(await tests.ctx.vault.open(row?.body ?? "", bounds.outbox(row?.id ?? "")))).toEqual(mail)
  await expect(tests.ctx.vault.open(row?.body ?? "", bounds.outbox("another"))).rejects.toThrow("moved")
})
