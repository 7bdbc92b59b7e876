// How many second steps of a sign-in the whole server does, and whether it stays free while it hashes passwords.
//
//   node --disable-warning=ExperimentalWarning --conditions=@countersign/source bench/sign-in.ts
import { fork } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { DatabaseSync } from "node:sqlite"
import { createCountersign } from "countersign"
import { Secret, TOTP } from "otpauth"
import type { Order, Report, Task } from "./clients.ts"
import { compare, say } from "./measure.ts"

const clients = 64
const people = 10 * clients
const source = { door: "cli" } as const
const actor = { type: "operator", name: "bench" } as const
const password = "a long enough passphrase"

const folder = mkdtempSync(join(tmpdir(), "countersign-bench-"))
// A code is good once a time step, so the server's clock moves on by a step before every round.
let now = Date.now()
const server = createCountersign(
  {
    databaseUrl: `sqlite:${join(folder, "data.sqlite")}`,
    logLevel: "silent",
    addressLimits: false,
    host: "127.0.0.1",
    port: 0,
  },
  { now: () => now, environment: {} },
)
const { url } = await server.listen()
const { engine } = server

const secrets = new Map<string, TOTP>()
for (let n = 0; n < people; n++) {
  // oxlint-disable no-await-in-loop -- setting up
  const user = await engine.users.create({ actor, source }, { externalId: `person ${n}` })
  const secret = new Uint8Array(randomBytes(20))
  await engine.factors.add({ actor, userId: user.id, source }, { kind: "totp", secret })
  secrets.set(user.id, new TOTP({ secret: new Secret({ buffer: secret.buffer }) }))
  // oxlint-enable no-await-in-loop
}

/** A challenge for everybody, and the code that answers it. */
async function freshTasks(): Promise<Task[]> {
  now += 60_000
  return await Promise.all(
    Array.from(secrets, async ([userId, totp]) => {
      const { token } = (await engine.signIn.openFor({ actor, userId, source }, {})) as { token: string }
      return { token, code: totp.generate({ timestamp: now }) }
    }),
  )
}

const post = (path: string, body: unknown, bearer?: string): Promise<Response> =>
  server.fetch(
    new Request(`${url}/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
      body: JSON.stringify(body),
    }),
  )

/** `clients` that take one task after another, each waiting for its answer. */
async function work<T>(tasks: T[], each: (task: T) => Promise<void>): Promise<number> {
  const many = tasks.length
  const client = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- a client waits for its answer
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) await each(task)
  }
  const since = performance.now()
  await Promise.all(Array.from({ length: clients }, client))
  return (many * 1_000) / (performance.now() - since)
}

const refusals: number[] = []
const answerInProcess = async ({ token, code }: Task): Promise<void> => {
  const { status } = await post("/challenge/answer", { kind: "totp", answer: code }, token)
  if (status !== 200) refusals.push(status)
}

const bare = new DatabaseSync(join(folder, "bare.sqlite"))
bare.exec("pragma journal_mode = wal; pragma synchronous = full; create table t (id integer primary key, value text)")
const insert = bare.prepare("insert into t (value) values (?)")
const child = fork(new URL("clients.ts", import.meta.url), { execArgv: [] })

await compare(`The second step of a sign-in, ${clients} clients, ${people} people, SQLite on file, full synchronous`, [
  {
    name: "bare node:sqlite: one row, one transaction",
    round() {
      for (let n = 0; n < 1_000; n++) insert.run("value")
      return 1_000
    },
  },
  {
    name: "countersign.fetch, in process",
    async round() {
      const tasks = await freshTasks()
      return { perSecond: await work(tasks, answerInProcess) }
    },
  },
  {
    name: "over HTTP, clients in another process",
    async round() {
      const order: Order = { url, clients, tasks: await freshTasks() }
      child.send(order)
      const [{ milliseconds, complete }] = (await once(child, "message")) as [Report]
      if (complete !== people) refusals.push(people - complete)
      return { perSecond: (people * 1_000) / milliseconds }
    },
  },
])
child.kill()
say(refusals.length === 0 ? "  every answer was accepted" : `  REFUSED: ${refusals.length} answers`)

/** The loop's delay beyond its own resolution while something goes on, in milliseconds. */
async function delays(name: string, during: () => Promise<string>): Promise<void> {
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  histogram.enable()
  const note = await during()
  histogram.disable()
  const [half, most, worst] = [histogram.percentile(50), histogram.percentile(99), histogram.max].map((nanoseconds) =>
    (nanoseconds / 1e6).toFixed(1).padStart(7),
  )
  say(`  ${name.padEnd(44)}  ${half}  ${most}  ${worst}   ${note}`)
}

const emails = Array.from({ length: clients }, (_, n) => `person${n}@bench.example`)
for (const email of emails) {
  // oxlint-disable-next-line no-await-in-loop -- setting up
  await engine.users.create({ actor, source }, { email, password, emailConfirmed: true })
}
const signInsWithPassword = async (): Promise<number> =>
  await work([...emails, ...emails, ...emails], async (email) => {
    const { status } = await post("/sign-in", { email, password, session: "bearer" })
    if (status !== 200) refusals.push(status)
  })

say(`\nThe event loop's delay in milliseconds (a timer of 1 ms): half, 99 of 100, worst`)
await delays("nothing to do", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  return ""
})
await delays(
  `${clients} clients sign in with a password`,
  async () => `${Math.round(await signInsWithPassword())} hashes /s`,
)
await delays(
  `${clients} clients answer with a code`,
  async () => `${Math.round(await work(await freshTasks(), answerInProcess))} answers /s`,
)
say(refusals.length === 0 ? "" : `  REFUSED: ${refusals.length}\n`)

bare.close()
await server.close()
rmSync(folder, { recursive: true, force: true })
