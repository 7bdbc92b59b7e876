/**
 * Passwords: hashed with argon2id off the main thread, a bounded number at once, and checked in the same work
 * whether or not the account exists.
 */
import type { Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { CountersignError } from "../errors.ts"
import { argon2 } from "./argon2.ts"
import { passwordVerifierOf, readArgon2 } from "./password-formats.ts"
import { replaceHash, type StoredUser } from "./records.ts"

type Hashing = Pick<Context, "settings" | "random">

const saltBytes = 16
const hashBytes = 32
/** Waiting for a turn; beyond it the server says that it is busy rather than let the queue grow. */
const longestQueue = 500

/** NFC, so that one password typed on two keyboards is one password (NIST SP 800-63B-4, 3.1.1.2). */
export const normalisePassword = (password: string): string => password.normalize("NFC")

/** The PHC string of a password that was judged before. */
export const hashPassword = (ctx: Hashing, password: string): Promise<string> =>
  queueOf(ctx)(() => ownHash(ctx, normalisePassword(password)))

/**
 * Whether the password is the user's. An unknown user, one without a password and one whose stored hash can't be
 * read cost the same work as a wrong password, and are answered alike.
 * @throws CountersignError `unavailable` when too many hashes wait already.
 */
export async function verifyPassword(
  ctx: Hashing,
  user: Pick<StoredUser, "passwordHash"> | undefined,
  password: string,
): Promise<boolean> {
  const dummy = await dummyHash(ctx)
  const stored = user?.passwordHash ?? undefined
  const verify = stored === undefined ? undefined : passwordVerifierOf(stored)
  // Longer than what could ever be set: not worth the work of its length.
  const typed = password.length > 4 * ctx.settings.password.maximumLength ? "" : password
  const normal = normalisePassword(typed)
  return queueOf(ctx)(async () => {
    if (verify === undefined || typed !== password) {
      await passwordVerifierOf(dummy)?.(normal)
      return false
    }
    if (await verify(normal)) return true
    // A hash from elsewhere was perhaps made from the text as it came.
    return !isOwn(stored ?? "") && normal !== typed && verify(typed)
  })
}

/**
 * After a right password: the write that stores it under today's parameters, where the stored hash has others
 * (imported, or made before they were raised). Undefined when it is as it should be.
 */
export async function rehashWrite(
  ctx: Hashing,
  user: Pick<StoredUser, "id" | "passwordHash">,
  password: string,
): Promise<Write | undefined> {
  const stored = user.passwordHash
  if (stored === null || isCurrent(ctx, stored)) return undefined
  return replaceHash(user.id, stored, await hashPassword(ctx, password))
}

/** Whether a hash from another system could be checked here. For importers. */
export const isUsableHash = (stored: string): boolean => passwordVerifierOf(stored) !== undefined

const isOwn = (stored: string): boolean => stored.startsWith("$argon2id$")

function isCurrent({ settings }: Hashing, stored: string): boolean {
  const parsed = readArgon2(stored)
  if (parsed?.variant !== "argon2id" || parsed.parallelism !== 1) return false
  const { memoryKiB, passes } = settings.passwordHashing
  return parsed.memoryKiB === memoryKiB && parsed.passes === passes && parsed.hash.length === hashBytes
}

async function ownHash({ settings, random }: Hashing, password: string): Promise<string> {
  const { memoryKiB, passes } = settings.passwordHashing
  const salt = random(saltBytes)
  const key = await argon2({
    variant: "argon2id",
    password: Buffer.from(password, "utf8"),
    salt,
    memoryKiB,
    passes,
    parallelism: 1,
    length: hashBytes,
  })
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${unpadded(salt)}$${unpadded(key)}`
}

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("=", "")

const dummies = new WeakMap<Context["settings"], Promise<string>>()

/** A hash of equal cost that no password has. Made once, before the first check, so that no check is the slow one. */
function dummyHash(ctx: Hashing): Promise<string> {
  const known = dummies.get(ctx.settings)
  if (known) return known
  const made = ownHash(ctx, Buffer.from(ctx.random(saltBytes)).toString("base64"))
  dummies.set(ctx.settings, made)
  return made
}

type Queue = <T>(work: () => Promise<T>) => Promise<T>

const queues = new WeakMap<Context["settings"], Queue>()

function queueOf({ settings }: Hashing): Queue {
  const known = queues.get(settings)
  if (known) return known
  const made = boundedQueue(Math.max(1, settings.passwordHashing.concurrency))
  queues.set(settings, made)
  return made
}

/** Runs at most `atOnce` pieces of work; the rest wait in order. */
export function boundedQueue(atOnce: number, longest = longestQueue): Queue {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= longest) throw new CountersignError("unavailable", { retryAfter: 1 })
      // Who ends hands its place on, so nobody who comes later slips in between.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
