import { randomBytes } from "node:crypto"
import { developmentKeys } from "../config/development-keys.ts"
import type { DevelopmentKeys } from "../config/development-keys.ts"
import type { Config } from "../config/read.ts"
import { settingsOf } from "../config/settings.ts"
import { createEngine } from "../engine/create-engine.ts"
import type { Engine } from "../engine/engine.ts"
import type { Settings } from "../engine/settings.ts"
import { openVault } from "../engine/vault.ts"
import type { Vault } from "../engine/vault.ts"
import type { Database } from "../store/database.ts"
import { migrate } from "../store/migrate.ts"
import { openDatabase } from "../store/open.ts"
import type { Log } from "./log.ts"

/** The engine over its database, without doors, mail or timers: what the command line works with. */
export type OpenedEngine = {
  readonly engine: Engine
  readonly database: Database
  readonly vault: Vault
  readonly settings: Settings
  /** The keys of development; undefined where the configuration brings its own. */
  readonly keysMade: DevelopmentKeys | undefined
  readonly close: () => Promise<void>
}

export type EngineSurroundings = {
  readonly log: Log
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined
  readonly random?: ((bytes: number) => Uint8Array) | undefined
  readonly mailIsWaiting?: (() => void) | undefined
  /** The last word on what the engine reads. */
  readonly adjust?: ((settings: Settings) => Settings) | undefined
}

/**
 * Opens the database, brings its schema up to date, and makes the engine.
 * @throws DatabaseUnavailable, NewerDatabase, Error where the key ring lacks a key that sealed something
 */
export const openEngine = async (config: Config, surroundings: EngineSurroundings): Promise<OpenedEngine> => {
  const { log, now = Date.now, mailIsWaiting = () => undefined, adjust = (kept) => kept } = surroundings
  const random = surroundings.random ?? ((bytes) => new Uint8Array(randomBytes(bytes)))
  const keysMade = config.keys.length > 0 || !config.development ? undefined : developmentKeys(config.databaseUrl)
  const database = await openDatabase(config.databaseUrl, {
    report: log.report,
    connections: config.databaseConnections,
  })
  try {
    await migrate(database, { now })
    const vault = await openVault({ database, ring: keysMade?.ring ?? config.keys, random, now })
    const settings = adjust(settingsOf(config))
    const engine = createEngine({ database, settings, vault, now, random, mailIsWaiting, report: log.report })
    return { engine, database, vault, settings, keysMade, close: async () => await database.close() }
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Opens the vault of a database whose schema is up to date, to see whether the keys are the right ones.
 * @throws Error that says which key is missing or another
 */
export const tryKeys = async (config: Config, database: Database): Promise<void> => {
  const ring = config.keys.length > 0 ? config.keys : developmentKeys(config.databaseUrl).ring
  await openVault({ database, ring, random: (bytes) => new Uint8Array(randomBytes(bytes)), now: Date.now })
}

/** The form in which people know an app's secret. */
export { decodeBase32 } from "../engine/factors/totp/base32.ts"
