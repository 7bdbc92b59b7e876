/**
 * The stored forms of a password that can be checked: our own, and those of the systems that people come from. A
 * foreign one is replaced by ours at the next sign-in.
 *
 * Costs are bounded: an imported hash is data from outside, and must not be able to take the server's time.
 */
import { createHash, pbkdf2, scrypt, timingSafeEqual } from "node:crypto"
import { promisify } from "node:util"
import { argon2, type Argon2Variant } from "./argon2.ts"
import { bcrypt, readBcrypt } from "./bcrypt.ts"

export type PasswordVerifier = (password: string) => Promise<boolean>

/** `read` gives what checks a password against the stored text, or undefined when it is not this form. */
export type PasswordFormat = { readonly name: string; read(stored: string): PasswordVerifier | undefined }

const largestMemoryKiB = 1024 * 1024
const largestPbkdf2 = 10_000_000
const derivePbkdf2 = promisify(pbkdf2)

/** What checks a stored hash, by the list below; undefined: not a usable hash. */
export function passwordVerifierOf(stored: string): PasswordVerifier | undefined {
  if (stored.length > 1024) return undefined
  for (const format of passwordFormats) {
    const verify = format.read(stored)
    if (verify) return verify
  }
  return undefined
}

/** `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` (PHC string format), also as Django writes it. */
export const argon2Format: PasswordFormat = {
  name: "argon2",
  read(stored) {
    const parsed = readArgon2(stored)
    if (parsed === undefined) return undefined
    return async (password) => {
      const key = await argon2({ ...parsed, password: utf8(password), length: parsed.hash.length })
      return same(key, parsed.hash)
    }
  },
}

export type StoredArgon2 = {
  variant: Argon2Variant
  memoryKiB: number
  passes: number
  parallelism: number
  salt: Buffer
  hash: Buffer
}

/** The parts of an argon2 string of version 1.3 with bounded costs. */
export function readArgon2(stored: string): StoredArgon2 | undefined {
  const match =
    /^(?:argon2)?\$(argon2id|argon2i|argon2d)\$v=19\$([a-z0-9=,]+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored)
  if (match === null) return undefined
  const [, variant = "", parameters = "", salt = "", hash = ""] = match
  const cost = readParameters(parameters)
  const parsed: StoredArgon2 = {
    variant: variant as Argon2Variant,
    memoryKiB: cost["m"] ?? 0,
    passes: cost["t"] ?? 0,
    parallelism: cost["p"] ?? 0,
    salt: Buffer.from(salt, "base64"),
    hash: Buffer.from(hash, "base64"),
  }
  const { memoryKiB, passes, parallelism } = parsed
  const bounded = between(parallelism, 1, 16) && between(memoryKiB, 8 * parallelism, largestMemoryKiB)
  const sized = parsed.salt.length >= 8 && between(parsed.hash.length, 16, 128)
  // Memory times passes is what it costs: at most what a gibibyte costs in four passes.
  return bounded && sized && passes >= 1 && memoryKiB * passes <= 4 * largestMemoryKiB ? parsed : undefined
}

/** `$scrypt$ln=16,r=8,p=1$salt$hash` (PHC, passlib). */
const scryptFormat: PasswordFormat = {
  name: "scrypt",
  read(stored) {
    const match = /^\$scrypt\$([a-z0-9=,]+)\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$/.exec(stored)
    if (match === null) return undefined
    const { ln = 0, r = 0, p = 0 } = readParameters(match[1] ?? "")
    if (!between(ln, 1, 24) || !between(r, 1, 64) || !between(p, 1, 16)) return undefined
    const memory = 128 * 2 ** ln * r
    if (memory * p > 4 * largestMemoryKiB * 1024 || memory > largestMemoryKiB * 1024) return undefined
    const salt = fromPassbase64(match[2] ?? "")
    const hash = fromPassbase64(match[3] ?? "")
    if (!between(hash.length, 16, 128)) return undefined
    return async (password) => {
      const options = { N: 2 ** ln, r, p, maxmem: 2 * memory + 1024 * 1024 }
      const key = await new Promise<Buffer>((resolve, reject) => {
        scrypt(utf8(password), salt, hash.length, options, (error, derived) =>
          error ? reject(error) : resolve(derived),
        )
      })
      return same(key, hash)
    }
  },
}

/** `$pbkdf2-sha256$29000$salt$hash` (passlib) and `$pbkdf2-sha512$i=210000,l=64$salt$hash` (PHC; Keycloak's, converted). */
const pbkdf2Format: PasswordFormat = {
  name: "pbkdf2",
  read(stored) {
    const match =
      /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(\d+|[a-z0-9=,]+)\$([A-Za-z0-9+/.]+={0,2})\$([A-Za-z0-9+/.]+={0,2})$/.exec(
        stored,
      )
    if (match === null) return undefined
    const [, digest = "sha1", cost = "", salt = "", hash = ""] = match
    const iterations = /^\d+$/.test(cost) ? Number(cost) : (readParameters(cost)["i"] ?? 0)
    return pbkdf2Verifier({ digest, iterations, salt: fromPassbase64(salt), hash: fromPassbase64(hash) })
  },
}

/** `pbkdf2_sha256$870000$salt$hash` (Django): the salt is text, the hash base64. */
const djangoFormat: PasswordFormat = {
  name: "django-pbkdf2",
  read(stored) {
    const match = /^pbkdf2_(sha1|sha256)\$(\d+)\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$/.exec(stored)
    if (match === null) return undefined
    const [, digest = "", iterations, salt = "", hash = ""] = match
    return pbkdf2Verifier({
      digest,
      iterations: Number(iterations),
      salt: utf8(salt),
      hash: Buffer.from(hash, "base64"),
    })
  },
}

/** ASP.NET Core Identity: base64 of a marker byte, version 2 (0x00) or 3 (0x01). */
const aspnetFormat: PasswordFormat = {
  name: "aspnet-identity",
  read(stored) {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(stored)) return undefined
    const bytes = Buffer.from(stored, "base64")
    if (bytes[0] === 0x00 && bytes.length === 49)
      return pbkdf2Verifier({ digest: "sha1", iterations: 1000, salt: bytes.subarray(1, 17), hash: bytes.subarray(17) })
    if (bytes[0] !== 0x01 || bytes.length < 13 + 16 + 16) return undefined
    const digest = ["sha1", "sha256", "sha512"][bytes.readUInt32BE(1)]
    const saltLength = bytes.readUInt32BE(9)
    if (digest === undefined || saltLength < 16 || saltLength > bytes.length - 13 - 16) return undefined
    const salt = bytes.subarray(13, 13 + saltLength)
    return pbkdf2Verifier({ digest, iterations: bytes.readUInt32BE(5), salt, hash: bytes.subarray(13 + saltLength) })
  },
}

/** `$2a$`, `$2b$` and `$2y$`, also with Django's `bcrypt$` and `bcrypt_sha256$` before them. */
const bcryptFormat: PasswordFormat = {
  name: "bcrypt",
  read(stored) {
    const [, wrapper, modular = ""] = /^(bcrypt_sha256\$|bcrypt\$)?(\$.*)$/.exec(stored) ?? []
    const parsed = readBcrypt(modular)
    if (parsed === undefined) return undefined
    return async (password) => {
      const secret = wrapper === "bcrypt_sha256$" ? createHash("sha256").update(password).digest("hex") : password
      return same(await bcrypt(utf8(secret), parsed), parsed.hash)
    }
  },
}

/** Every form, our own first. */
export const passwordFormats: readonly PasswordFormat[] = [
  argon2Format,
  aspnetFormat,
  pbkdf2Format,
  djangoFormat,
  bcryptFormat,
  scryptFormat,
]

function pbkdf2Verifier(input: {
  digest: string
  iterations: number
  salt: Buffer
  hash: Buffer
}): PasswordVerifier | undefined {
  const { digest, iterations, salt, hash } = input
  if (!between(iterations, 1, largestPbkdf2) || salt.length === 0 || !between(hash.length, 16, 128)) return undefined
  return async (password) => same(await derivePbkdf2(utf8(password), salt, iterations, hash.length, digest), hash)
}

/** `m=19456,t=2,p=1` as numbers. What is not a short whole number is left out. */
const readParameters = (text: string): Record<string, number | undefined> =>
  Object.fromEntries(
    text
      .split(",")
      .map((pair) => /^([a-z]{1,4})=(\d{1,9})$/.exec(pair))
      .flatMap((match) => (match ? [[match[1] ?? "", Number(match[2])]] : [])),
  )

/** passlib's base64 has a dot for the plus sign. */
const fromPassbase64 = (text: string): Buffer => Buffer.from(text.replaceAll(".", "+"), "base64")

const utf8 = (text: string): Buffer => Buffer.from(text, "utf8")
const between = (value: number, least: number, most: number): boolean => value >= least && value <= most
const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
