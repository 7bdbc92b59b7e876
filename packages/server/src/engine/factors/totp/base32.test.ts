import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { decodeBase32, encodeBase32, inGroups } from "./base32.ts"

// RFC 4648 section 10, without the padding.
const vectors = [
  ["", ""],
  ["f", "MY"],
  ["fo", "MZXQ"],
  ["foo", "MZXW6"],
  ["foob", "MZXW6YQ"],
  ["fooba", "MZXW6YTB"],
  ["foobar", "MZXW6YTBOI"],
] as const

describe("base32", () => {
  test.each(vectors)("%j is written %j", (plain, written) => {
    expect(encodeBase32(Buffer.from(plain))).toBe(written)
    expect(Buffer.from(decodeBase32(written) ?? []).toString()).toBe(plain)
  })

  test("any bytes come back as they were", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes)
      }),
    )
  })

  test("a key may be typed in lower case, in groups, with dashes or with padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const key = encodeBase32(bytes)
        const padded = key.padEnd(Math.ceil(key.length / 8) * 8, "=")
        for (const typed of [key.toLowerCase(), inGroups(key), inGroups(key).replaceAll(" ", "-"), ` ${padded}\n`])
          expect(decodeBase32(typed)).toEqual(bytes)
      }),
    )
  })

  test.each(["0", "MZXW6YT1", "MZXW8YTB", "M", "MZX", "MZXW6Y", "MZ=XQ", "ÄÄ", "MY👍"])("%j is refused", (text) => {
    expect(decodeBase32(text)).toBeUndefined()
  })

  test("groups have four characters", () => {
    expect(inGroups("GEZDGNBVGY")).toBe("GEZD GNBV GY")
  })
})
