import { expect, test } from "vitest"
import { createAuthenticator } from "./authenticator.ts"

const at = (seconds: number) => createAuthenticator(() => seconds * 1_000)
const keys = {
  SHA1: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  SHA256: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA",
  SHA512: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
}

// RFC 6238, appendix B.
const vectors = [
  [59, "94287082", "46119246", "90693936"],
  [1111111109, "07081804", "68084774", "25091201"],
  [1111111111, "14050471", "67062674", "99943326"],
  [1234567890, "89005924", "91819424", "93441116"],
  [2000000000, "69279037", "90698825", "38618901"],
  [20000000000, "65353130", "77737706", "47863826"],
] as const

test.each(vectors)("at %d s the app shows the codes of RFC 6238", (seconds, sha1, sha256, sha512) => {
  for (const [algorithm, code] of [
    ["SHA1", sha1],
    ["SHA256", sha256],
    ["SHA512", sha512],
  ] as const) {
    const uri = `otpauth://totp/x:y?secret=${keys[algorithm]}&algorithm=${algorithm}&digits=8&issuer=x`
    expect(at(seconds).scan(uri).code()).toBe(code)
  }
})

test("a bare address has the parameters that every app assumes", () => {
  expect(at(59).scan(`otpauth://totp/App:me@example.com?secret=${keys.SHA1}`).code()).toBe("287082")
})

test("the label is read as an app reads it", () => {
  const uri = `otpauth://totp/Our%20App:me%2Btest%40example.com?secret=${keys.SHA1}&issuer=Our%20App`
  expect(at(0).scan(uri)).toMatchObject({ issuer: "Our App", account: "me+test@example.com" })
})

test("a phone whose clock is off shows the code of its own time", () => {
  const app = at(59).scan(`otpauth://totp/x?secret=${keys.SHA1}`)
  expect(app.code(30)).toBe(at(89).scan(`otpauth://totp/x?secret=${keys.SHA1}`).code())
  expect(app.code(30)).not.toBe(app.code())
})

test.each([
  "https://example.com",
  "otpauth://hotp/x?secret=GEZDGNBV&counter=0",
  "otpauth://totp/x",
  "otpauth://totp/x?secret=0189",
])("%s is not taken", (uri) => expect(() => at(0).scan(uri)).toThrow(TypeError))
