import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import fc from "fast-check"
import { HOTP, Secret, TOTP } from "otpauth"
import { describe, expect, test } from "vitest"
import { encodeBase32 } from "./base32.ts"
import { clockOffSeconds, hotp, matchingStep, stepAt, totp, type Algorithm, type Scheme } from "./one-time-password.ts"

const digits = (count: number): Uint8Array => Buffer.from("1234567890".repeat(7).slice(0, count))
const secrets: Record<Algorithm, Uint8Array> = { "SHA-1": digits(20), "SHA-256": digits(32), "SHA-512": digits(64) }
const usual: Scheme = { algorithm: "SHA-1", digits: 6, periodSeconds: 30 }
const algorithms = ["SHA-1", "SHA-256", "SHA-512"] as const

describe("RFC 4226, appendix D", () => {
  const codes = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split(" ")
  test.each(codes.map((code, counter) => [counter, code] as const))("counter %i gives %s", (counter, code) => {
    expect(hotp(secrets["SHA-1"], counter, usual)).toBe(code)
  })
})

describe("RFC 6238, appendix B", () => {
  const table = [
    [59, "94287082", "46119246", "90693936"],
    [1111111109, "07081804", "68084774", "25091201"],
    [1111111111, "14050471", "67062674", "99943326"],
    [1234567890, "89005924", "91819424", "93441116"],
    [2000000000, "69279037", "90698825", "38618901"],
    [20000000000, "65353130", "77737706", "47863826"],
  ] as const
  for (const [index, algorithm] of algorithms.entries()) {
    test.each(table.map((row) => [row[0], row[index + 1] as string] as const))(
      `${algorithm} at %i s gives %s`,
      (seconds, code) => {
        expect(totp(secrets[algorithm], seconds * 1000, { algorithm, digits: 8, periodSeconds: 30 })).toBe(code)
      },
    )
  }
})

describe("against independent implementations", () => {
  const schemes = fc.record({
    algorithm: fc.constantFrom(...algorithms),
    digits: fc.constantFrom(6 as const, 7 as const, 8 as const),
    periodSeconds: fc.constantFrom(15, 30, 60),
  })
  const instants = fc.integer({ min: 0, max: 4_000_000_000_000 })

  test("otpauth makes the same codes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), instants, schemes, (bytes, now, scheme) => {
        const secret = new Secret({ buffer: Uint8Array.from(bytes).buffer })
        const { algorithm, periodSeconds: period } = scheme
        const theirs = TOTP.generate({
          secret,
          algorithm: algorithm.replace("-", ""),
          digits: scheme.digits,
          period,
          timestamp: now,
        })
        expect(totp(bytes, now, scheme)).toBe(theirs)
        const counter = stepAt(now, scheme)
        expect(hotp(bytes, counter, scheme)).toBe(
          HOTP.generate({ secret, algorithm: algorithm.replace("-", ""), digits: scheme.digits, counter }),
        )
      }),
      { numRuns: 500 },
    )
  })

  const oathtool = "/usr/bin/oathtool"
  if (!existsSync(oathtool))
    // oxlint-disable-next-line no-console -- a test that does not run says so
    console.warn("SKIPPED: oathtool is not installed; the differential test against it did not run")
  test.skipIf(!existsSync(oathtool))("oathtool makes the same codes, also beyond 2038", () => {
    for (let round = 0; round < 60; round++) {
      const algorithm = algorithms[round % 3] ?? "SHA-1"
      const count = ([6, 7, 8] as const)[Math.floor(round / 3) % 3] ?? 6
      const secret = Buffer.from(Array.from({ length: 20 + round }, (_, at) => (round * 37 + at * 101) % 256))
      const now = (round * 97_654_321 + 59) * 1000
      const theirs = execFileSync(oathtool, [
        `--totp=${algorithm.replace("-", "")}`,
        "--digits",
        String(count),
        "--base32",
        encodeBase32(secret),
        "--now",
        new Date(now).toISOString().replace("T", " ").replace(/\..*/, " UTC"),
      ])
      expect(totp(secret, now, { algorithm, digits: count, periodSeconds: 30 })).toBe(theirs.toString().trim())
    }
  })
})

describe("the shape of a code", () => {
  test("leading zeros are kept: ten thousand codes have the same length", () => {
    for (let counter = 0; counter < 10_000; counter++)
      expect(hotp(secrets["SHA-1"], counter, usual)).toMatch(/^[0-9]{6}$/)
  })

  test.each([-1, 0.5, Number.NaN, 2 ** 60])("%d is no counter", (counter) => {
    expect(() => hotp(secrets["SHA-1"], counter, usual)).toThrow(TypeError)
  })

  test.each([5, 9, 0])("%i digits are refused", (count) => {
    expect(() => hotp(secrets["SHA-1"], 1, { algorithm: "SHA-1", digits: count as 6 })).toThrow(TypeError)
  })
})

describe("the window", () => {
  const now = 1_700_000_015_000
  const at = (steps: number): string => totp(secrets["SHA-1"], now + steps * 30_000, usual)
  const current = stepAt(now, usual)

  for (const window of [0, 1, 2]) {
    for (let steps = -4; steps <= 4; steps++) {
      const inside = Math.abs(steps) <= window
      test(`a code ${steps} steps away is ${inside ? "matched to its own step" : "refused"} with a window of ${window}`, () => {
        expect(matchingStep(secrets["SHA-1"], at(steps), now, usual, window)).toBe(inside ? current + steps : undefined)
      })
    }
  }

  test("right up to the first millisecond of the step after next, and no longer", () => {
    const start = current * 30_000
    const code = totp(secrets["SHA-1"], start, usual)
    expect(matchingStep(secrets["SHA-1"], code, start + 59_999, usual, 1)).toBe(current)
    expect(matchingStep(secrets["SHA-1"], code, start + 60_000, usual, 1)).toBeUndefined()
    expect(matchingStep(secrets["SHA-1"], code, start - 30_000, usual, 1)).toBe(current)
    expect(matchingStep(secrets["SHA-1"], code, start - 30_001, usual, 1)).toBeUndefined()
  })

  test("near the beginning of time no step is negative", () => {
    expect(matchingStep(secrets["SHA-1"], "755224", 0, usual, 2)).toBe(0)
  })

  test("two steps that share a code match as the later one, so that neither passes twice", () => {
    // Found by search: the first two neighbouring counters of this secret with the same code.
    const [earlier, later] = [910_737, 910_738]
    const code = hotp(secrets["SHA-1"], earlier, usual)
    expect(hotp(secrets["SHA-1"], later, usual)).toBe(code)
    expect(matchingStep(secrets["SHA-1"], code, earlier * 30_000, usual, 1)).toBe(later)
    expect(matchingStep(secrets["SHA-1"], code, later * 30_000, usual, 1)).toBe(later)
  })

  test("a code of another length than the scheme's is never matched", () => {
    const zero = Array.from({ length: 100_000 }, (_, step) => step).find((step) =>
      hotp(secrets["SHA-1"], step, usual).startsWith("0"),
    )
    const code = hotp(secrets["SHA-1"], zero ?? 0, usual)
    expect(matchingStep(secrets["SHA-1"], code, (zero ?? 0) * 30_000, usual, 1)).toBe(zero)
    for (const other of [code.slice(1), `0${code}`, `00${code}`])
      expect(matchingStep(secrets["SHA-1"], other, (zero ?? 0) * 30_000, usual, 1)).toBeUndefined()
  })
})

describe("a clock that is off", () => {
  const now = 1_700_000_015_000
  test.each([-10, -5, -2, -1, 1, 2, 5, 10])("a code from %i steps away says so", (steps) => {
    const code = totp(secrets["SHA-1"], now + steps * 30_000, usual)
    expect(clockOffSeconds(secrets["SHA-1"], code, now, usual)).toBe(steps * 30)
  })
  test.each([-11, 11, 400])("a code from %i steps away says nothing", (steps) => {
    const code = totp(secrets["SHA-1"], now + steps * 30_000, usual)
    expect(clockOffSeconds(secrets["SHA-1"], code, now, usual)).toBeUndefined()
  })
})
