import { URI } from "otpauth"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { otpauthUri } from "./otpauth-uri.ts"

const secret = Buffer.from("12345678901234567890")
const scheme = { algorithm: "SHA-1", digits: 6, periodSeconds: 30 } as const
const uri = (issuer: string, account: string): string => otpauthUri({ issuer, account, secret, scheme })

describe("the otpauth address", () => {
  test("has issuer and account as label, and the issuer again as a parameter", () => {
    expect(uri("Example Co", "a+b@example.org")).toBe(
      "otpauth://totp/Example%20Co:a%2Bb%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20Co&algorithm=SHA1&digits=6&period=30",
    )
  })

  test.each([
    ["a space", "My Shop", "Jane Doe"],
    ["a plus", "A+B", "jane+2fa@example.org"],
    ["a percent sign", "100%", "50%25@example.org"],
    ["an ampersand and an equals sign", "A&B=C", "x&secret=y@example.org"],
    ["a question mark and a hash", "Why?", "#1@example.org"],
    ["umlauts", "Bäckerei Süß", "jürgen@exämple.org"],
    ["an emoji", "🔐 Safe", "🦊@example.org"],
    ["right-to-left text", "מבחן", "مثال@example.org"],
    ["a slash", "A/B", "a/b@example.org"],
    ["quotes and brackets", `"Q" <x>`, `"j o"@example.org`],
    ["two hundred characters", "Issuer", `${"a".repeat(188)}@example.org`],
  ])("with %s it is read back as it was", (_, issuer, account) => {
    const text = uri(issuer, account)
    const read = URI.parse(text)
    expect(read).toMatchObject({
      issuer,
      label: account,
      issuerInLabel: true,
      algorithm: "SHA1",
      digits: 6,
      period: 30,
    })
    expect(read.secret.base32).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    const url = new URL(text)
    expect(url.searchParams.get("issuer")).toBe(issuer)
    expect(decodeURIComponent(url.pathname.replace(/^\/+(totp\/)?/, ""))).toBe(`${issuer}:${account}`)
  })

  test("any pair of names without a colon is read back, and no name adds a parameter", () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
      .filter((text) => text.trim() !== "" && !text.includes(":"))
    fc.assert(
      fc.property(name, name, (issuer, account) => {
        const url = new URL(uri(issuer, account))
        expect([...url.searchParams.keys()]).toEqual(["secret", "issuer", "algorithm", "digits", "period"])
        expect(url.searchParams.get("issuer")).toBe(issuer)
      }),
    )
  })

  test.each([
    ["Shop:Berlin", "a@example.org"],
    ["Shop", "a:b@example.org"],
    ["", "a@example.org"],
    ["Shop", "  "],
  ])("issuer %j with account %j is refused", (issuer, account) => {
    expect(() => uri(issuer, account)).toThrow(TypeError)
  })

  test("half a surrogate pair does not break it", () => {
    expect(uri("Shop", "a\ud83d@example.org")).toContain("a%EF%BF%BD%40example.org")
  })

  test("another scheme is written out", () => {
    expect(
      otpauthUri({ issuer: "S", account: "a", secret, scheme: { algorithm: "SHA-512", digits: 8, periodSeconds: 60 } }),
    ).toMatch(/&algorithm=SHA512&digits=8&period=60$/)
  })
})
