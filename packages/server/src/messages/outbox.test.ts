import { randomBytes } from "node:crypto"
import { afterEach, expect, test } from "vitest"
import type { Context } from "../engine/context.ts"
import { mailWrite, type Mail } from "../engine/outbox.ts"
import { bounds, openVault } from "../engine/vault.ts"
import { sql, type Database } from "../store/database.ts"
import { migrate } from "../store/migrate.ts"
import { openSqlite } from "../store/sqlite.ts"
import { claimMilliseconds, retrySeconds, startOutbox, type Outbox } from "./outbox.ts"
import type { OutgoingMail, Transport } from "./transport.ts"

const minute = 60_000
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

const startWorld = async () => {
  const clock = { at: Date.UTC(2026, 10, 24) }
  const now = () => clock.at
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes))
  const database: Database = openSqlite(":memory:")
  open.push(() => database.close())
  await migrate(database)
  const vault = await openVault({ database, ring: [{ id: "one", key: random(32) }], random, now })
  const context = { database, vault, now, random } as unknown as Context
  const reports: string[] = []

  return {
    clock,
    reports,
    write: async (mail: Partial<Mail> = {}) => {
      const facts = { code: "042517", at: clock.at }
      const write = await mailWrite(context, {
        template: "mailed-code",
        to: "ann@example.org",
        locale: "en",
        facts,
        ...mail,
      })
      await database.commit([write])
    },
    rows: () =>
      database.query<{
        kind: string
        body: string
        attempts: number
        sent_at: number | null
        failed_at: number | null
        last_error: string | null
      }>(sql`select * from outbox order by id`),
    start: (transport: Transport, options: { open?: () => string } = {}): Outbox => {
      const outbox = startOutbox({
        database,
        open: options.open ?? (({ id, body }) => vault.open(body, bounds.outbox(id))),
        transport,
        service: { issuer: "Harbour" },
        now,
        report: (message) => reports.push(message),
        pollMilliseconds: 3_600_000,
      })
      open.push(() => outbox.close())
      return outbox
    },
  }
}

const collecting = (answer: () => "sent" | "refused" = () => "sent") => {
  const mails: OutgoingMail[] = []
  const transport: Transport = {
    send: async (mail) => {
      await new Promise(setImmediate)
      const how = answer()
      mails.push(mail)
      return how
    },
    close: () => {},
  }
  return { mails, transport }
}

const down = () => {
  throw new Error("smtp ECONNECTION")
}

test("a waiting mail is sent, and its body is erased in the write that says so", async () => {
  const world = await startWorld()
  const { mails, transport } = collecting()
  await world.write()
  await world.start(transport).flush()
  expect(mails.map(({ to, text }) => [to, text.includes("042517")])).toEqual([["ann@example.org", true]])
  expect(await world.rows()).toMatchObject([{ body: "", sent_at: world.clock.at, failed_at: null }])
})

test("until then neither the address nor the code can be read in the table", async () => {
  const world = await startWorld()
  await world.write()
  const kept = JSON.stringify(await world.rows())
  expect(kept).not.toContain("042517")
  expect(kept).not.toContain("ann@example.org")
  expect((await world.rows())[0]?.body).toMatch(/^v1\./)
})

test("two senders on one database send each mail once", async () => {
  const world = await startWorld()
  for (let index = 0; index < 30; index++) await world.write({ to: `user${String(index)}@example.org` })
  const first = collecting()
  const second = collecting()
  await Promise.all([world.start(first.transport), world.start(second.transport)].map((outbox) => outbox.flush()))
  const all = [...first.mails, ...second.mails]
  expect(all).toHaveLength(30)
  expect(new Set(all.map(({ to }) => to)).size).toBe(30)
})

test("mails to one mailbox leave in the order in which they were written", async () => {
  const world = await startWorld()
  const numbers = Array.from({ length: 15 }, (_, index) => String(100_000 + index))
  for (const code of numbers) await world.write({ facts: { code, at: world.clock.at } })
  const { mails, transport } = collecting()
  await world.start(transport).flush()
  expect(mails.map(({ text }) => /\d{6}/.exec(text)?.[0])).toEqual(numbers)
})

test("waking sends without anybody waiting", async () => {
  const world = await startWorld()
  const { mails, transport } = collecting()
  const outbox = world.start(transport)
  await outbox.flush()
  await world.write()
  outbox.wake()
  await expect.poll(() => mails.length).toBe(1)
})

test("while the server is down a mail is tried again after growing waits, with the same id, and goes in the end", async () => {
  const world = await startWorld()
  let isDown = true
  const tried: string[] = []
  const { mails, transport } = collecting(() => (isDown ? down() : "sent"))
  const outbox = world.start({
    ...transport,
    send: (mail) => {
      tried.push(mail.id)
      return transport.send(mail)
    },
  })
  await world.write()
  await outbox.flush()
  await outbox.flush()
  expect(tried).toHaveLength(1)
  for (const seconds of retrySeconds.slice(0, 3)) {
    world.clock.at += seconds * 1000 - 1
    await outbox.flush()
    const before = tried.length
    world.clock.at += 1
    await outbox.flush()
    expect(tried.length).toBe(before + 1)
  }
  isDown = false
  world.clock.at += 60 * minute
  await outbox.flush()
  expect(mails).toHaveLength(1)
  expect(new Set(tried).size).toBe(1)
  expect(await world.rows()).toMatchObject([{ body: "", attempts: 5, last_error: null }])
})

test("after the last wait the mail has failed, its body is erased, and the operator hears of it without an address", async () => {
  const world = await startWorld()
  const { transport } = collecting(down)
  const outbox = world.start(transport)
  await world.write()
  await outbox.flush()
  for (const seconds of retrySeconds) {
    world.clock.at += seconds * 1000
    await outbox.flush()
  }
  expect(await world.rows()).toMatchObject([
    {
      body: "",
      sent_at: null,
      failed_at: world.clock.at,
      attempts: retrySeconds.length + 1,
      last_error: "smtp ECONNECTION",
    },
  ])
  expect(world.reports.at(-1)).toContain("given up")
  expect(world.reports.join()).not.toMatch(/ann@example|042517/)
  world.clock.at += 24 * 60 * minute
  await outbox.flush()
  expect((await world.rows())[0]?.attempts).toBe(retrySeconds.length + 1)
})

test("a mail that the server refuses for good is not tried again", async () => {
  const world = await startWorld()
  const { mails, transport } = collecting(() => "refused")
  const outbox = world.start(transport)
  await world.write()
  await outbox.flush()
  world.clock.at += 60 * minute
  await outbox.flush()
  expect(mails).toHaveLength(1)
  expect(await world.rows()).toMatchObject([{ body: "", sent_at: null, failed_at: world.clock.at - 60 * minute }])
})

test("one mail that can't go does not hold up the others", async () => {
  const world = await startWorld()
  const { mails, transport } = collecting()
  await world.write({ template: "notice", facts: { notice: "no_such_notice" } })
  await world.write({ template: "reset-password", facts: { link: "javascript:alert(1)" } })
  await world.write()
  await world.start(transport).flush()
  expect(mails).toHaveLength(1)
  const sent = (await world.rows()).filter((row) => row.sent_at !== null)
  expect(sent).toMatchObject([{ kind: "mailed-code" }])
})

test("a body that can't be opened waits for the key", async () => {
  const world = await startWorld()
  const { mails, transport } = collecting()
  await world.write()
  let missing = true
  const outbox = world.start(transport, {
    open: () => {
      if (missing) throw new Error("no such key")
      return JSON.stringify({ template: "mailed-code", to: "ann@example.org", locale: "en", facts: { code: "042517" } })
    },
  })
  await outbox.flush()
  expect(mails).toHaveLength(0)
  missing = false
  world.clock.at += minute
  await outbox.flush()
  expect(mails).toHaveLength(1)
})

test("a code that ran out while the server was down is not mailed any more", async () => {
  const world = await startWorld()
  let isDown = true
  const { mails, transport } = collecting(() => (isDown ? down() : "sent"))
  const outbox = world.start(transport)
  await world.write({ facts: { code: "042517", at: world.clock.at, until: world.clock.at + 10 * minute } })
  await outbox.flush()
  isDown = false
  world.clock.at += 10 * minute
  await outbox.flush()
  expect(mails).toHaveLength(0)
  expect(await world.rows()).toMatchObject([{ body: "", failed_at: world.clock.at }])
})

test("what a sender had claimed when it was killed is sent by another, once the claim has run out", async () => {
  const world = await startWorld()
  await world.write()
  const stuck = world.start({ send: () => new Promise(() => {}), close: () => {} })
  stuck.wake()
  await expect.poll(async () => (await world.rows())[0]?.attempts).toBe(1)
  open.pop()

  const { mails, transport } = collecting()
  const outbox = world.start(transport)
  await outbox.flush()
  expect(mails).toHaveLength(0)
  world.clock.at += claimMilliseconds
  await outbox.flush()
  expect(mails).toHaveLength(1)
})

test("closing waits for the mail under way and leaves the others in the table", async () => {
  const world = await startWorld()
  for (let index = 0; index < 12; index++) await world.write({ to: `user${String(index % 6)}@example.org` })
  const { mails, transport } = collecting()
  let closed = false
  const outbox = world.start({ ...transport, close: () => void (closed = true) })
  const flushing = outbox.flush()
  await expect.poll(() => mails.length).toBeGreaterThan(0)
  await outbox.close()
  expect(closed).toBe(true)
  const sent = mails.length
  await flushing
  expect(mails).toHaveLength(sent)
  const waiting = (await world.rows()).filter((row) => row.sent_at === null)
  expect(waiting).toHaveLength(12 - sent)
})

test("a database that fails is reported, and asked again when woken", async () => {
  const world = await startWorld()
  const { mails, transport } = collecting()
  let broken = true
  const outbox = startOutbox({
    database: {
      dialect: "sqlite",
      query: () => (broken ? Promise.reject(new Error("gone")) : Promise.resolve([])),
      commit: () => Promise.reject(new Error("gone")),
      close: () => Promise.resolve(),
    },
    open: () => "",
    transport,
    service: { issuer: "Harbour" },
    now: () => world.clock.at,
    report: (message) => world.reports.push(message),
    pollMilliseconds: 3_600_000,
  })
  open.push(() => outbox.close())
  await expect.poll(() => world.reports.length).toBe(1)
  broken = false
  outbox.wake()
  await outbox.flush()
  expect(mails).toHaveLength(0)
  expect(world.reports).toEqual(["the outbox could not be read"])
})
