/** The composition root: from options to a running server. */
import { readFileSync } from "node:fs"
import { openEngine } from "./composition/engine.ts"
import type { EngineSurroundings, OpenedEngine } from "./composition/engine.ts"
import { startLog } from "./composition/log.ts"
import type { Log } from "./composition/log.ts"
import { environmentName } from "./config.ts"
import type { DevelopmentKeys } from "./config/development-keys.ts"
import { environmentOf, machineEnvironment, readConfig } from "./config/read.ts"
import type { Config, Environment, OptionsInCode } from "./config/read.ts"
import type { Engine } from "./engine/engine.ts"
import { bounds } from "./engine/vault.ts"
import type { App, Environment as Connection } from "./http/app.ts"
import type { KeptMail } from "./messages/mailbox.ts"
import type { Outbox } from "./messages/outbox.ts"
import type { Transport } from "./messages/transport.ts"
import type { Database } from "./store/database.ts"

/** The options of `config.ts` by their names in code. What is left out comes from the environment. */
export type CountersignOptions = OptionsInCode

/** What a test, or an app with needs of its own, puts in place of the machine's. */
export type Surroundings = Omit<EngineSurroundings, "log" | "mailIsWaiting"> & {
  /** Read beneath the options; the process's own where not said. */
  readonly environment?: Environment | undefined
  /** Takes the mails instead of SMTP or the mailbox page. */
  readonly mail?: Transport | undefined
  readonly log?: Log | undefined
}

export type Countersign = {
  /** What the options came to, with what is worth a warning. */
  readonly config: Config
  /** Answers one request; opens the database at the first. Rejects only while it can't be opened. */
  readonly fetch: (request: Request, connection?: Connection) => Promise<Response>
  /** Listens on a host and port, the configured ones where not said. `url` is the public URL. */
  readonly listen: (where?: { host?: string; port?: number }) => Promise<{ url: string; close: () => Promise<void> }>
  /** Opens the database, brings its schema up to date and makes ready to answer. */
  readonly ready: () => Promise<void>
  /** Sends at once what is due to be sent. */
  readonly flushMail: () => Promise<void>
  /** The development mailbox, newest first; undefined where mail leaves the house, and before `ready`. */
  readonly mailbox: ((to?: string) => readonly KeptMail[]) | undefined
  /** Where the keys of development lie, and whether they were made just now; undefined before `ready`. */
  readonly keysMade: DevelopmentKeys | undefined
  /** Throws `TypeError` before `ready`. */
  readonly engine: Engine
  /** Throws `TypeError` before `ready`. */
  readonly database: Database
  /** Ends listeners, sends no more mail, closes the database. */
  readonly close: () => Promise<void>
}

/**
 * Makes a server from options and environment. It opens nothing before `ready`, `fetch` or `listen`.
 * @throws ConfigurationError with every mistake and how to mend each
 */
export const createCountersign = (options: CountersignOptions = {}, surroundings: Surroundings = {}): Countersign => {
  const environment = { ...(surroundings.environment ?? machineEnvironment()), ...environmentOf(options) }
  let config = readConfig(environment)
  let opening: Promise<Running> | undefined
  let running: Running | undefined

  const open = async (): Promise<Running> => {
    // A database that did not answer may do so at the next request.
    opening ??= start(config, surroundings).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    running = await opening
    return running
  }
  const opened = (): Running => {
    if (running === undefined) throw new TypeError("Countersign is not open yet: wait for ready()")
    return running
  }

  return {
    get config() {
      return config
    },
    get engine() {
      return opened().engine
    },
    get database() {
      return opened().database
    },
    get mailbox() {
      return running?.mailbox
    },
    get keysMade() {
      return running?.keysMade
    },
    fetch: async (request, connection) => await (running ?? (await open())).app.fetch(request, connection),
    async ready() {
      await open()
    },
    flushMail: async () => await opened().flushMail(),
    async listen(where = {}) {
      const { listen, freePort } = await import("./http/listen.ts")
      const host = where.host ?? config.host
      let port = where.port ?? config.port
      if (opening === undefined) {
        // The default public URL holds the port, and links are built from it before the first connection comes.
        if (port === 0) port = await freePort(host)
        config = readConfig({
          ...environment,
          [environmentName("host")]: host,
          [environmentName("port")]: String(port),
        })
      }
      const { app, stop, closers } = await open()
      const listening = await listen(app, { host, port, tls: readTls(config) })
      const close = async (): Promise<void> => {
        stop()
        await listening.close()
      }
      closers.push(close)
      return { url: config.publicUrl, close }
    },
    async close() {
      await (await opening)?.close()
    },
  }
}

type Running = OpenedEngine & {
  readonly app: App
  readonly mailbox: Countersign["mailbox"]
  readonly flushMail: () => Promise<void>
  /** From now on the readiness check says no. */
  readonly stop: () => void
  /** What has to be closed before the database is. */
  readonly closers: (() => Promise<void>)[]
}

const start = async (config: Config, surroundings: Surroundings): Promise<Running> => {
  const { now = Date.now, mail: transport, log = startLog(config.logLevel) } = surroundings
  let outbox: Outbox | undefined
  const [{ openDoors }, { startMail }, opened] = await Promise.all([
    import("./composition/doors.ts"),
    import("./composition/mail.ts"),
    openEngine(config, { ...surroundings, log, mailIsWaiting: () => outbox?.wake() }),
  ])
  const { engine, database, vault } = opened
  const { report } = log
  const open = async ({ id, body }: { id: string; body: string }): Promise<string> =>
    await vault.open(body, bounds.outbox(id))
  const mail = await startMail(config, { transport, database, open, now, report })
  const { mailbox } = mail
  outbox = mail.outbox

  let isStopping = false
  const app = openDoors(config, { engine, database, now, report, mailbox, isStopping: () => isStopping })
  const sweep = setInterval(() => {
    engine.operators.sweep().catch((error: unknown) => report("what has expired could not be cleared away", error))
  }, config.sweepSeconds * 1_000).unref()

  const closers: Running["closers"] = []
  const close = async (): Promise<void> => {
    isStopping = true
    clearInterval(sweep)
    await Promise.all(closers.map((closeOne) => closeOne()))
    await mail.outbox.close()
    await opened.close()
  }
  let closing: Promise<void> | undefined
  return {
    ...opened,
    app,
    mailbox: mailbox && ((to) => mailbox.list(to)),
    flushMail: async () => await mail.outbox.flush(),
    stop: () => {
      isStopping = true
    },
    closers,
    close: async () => await (closing ??= close()),
  }
}

const readTls = ({ tlsCert, tlsKey }: Config): { cert: string; key: string } | undefined =>
  tlsCert === undefined || tlsKey === undefined
    ? undefined
    : { cert: readFileSync(tlsCert, "utf8"), key: readFileSync(tlsKey, "utf8") }
