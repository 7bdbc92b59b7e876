import { expect, test } from "vitest"
import { addressKey, readAddress } from "./addresses.ts"
import { refusal } from "./people-for-tests.ts"

test.each([
  ["Ewa@ParcelForge.Example", "ewa@parcelforge.example"],
  ["  ewa@parcelforge.example\n", "ewa@parcelforge.example"],
  ["\u00a0ewa@parcelforge.example\u3000", "ewa@parcelforge.example"],
  ["ｅｗａ＠parcelforge.example", "ewa@parcelforge.example"],
  ["ewa+tag@parcelforge.example", "ewa+tag@parcelforge.example"],
  ["JOSE\u0301@parcelforge.example", "jos\u00e9@parcelforge.example"],
  ["\u212Aarl@parcelforge.example", "karl@parcelforge.example"],
  ["a@b", "a@b"],
])("%j is found as %s", (typed, key) => {
  expect(addressKey(typed)).toBe(key)
  expect(addressKey(key)).toBe(key)
  expect(addressKey(typed.toUpperCase())).toBe(key)
})

const long = "a".repeat(60)
test.each([
  "",
  " ",
  "ewa",
  "@",
  "@b.example",
  "ewa@",
  "a@b@c",
  "ewa@@b.example",
  "a b@c.example",
  "ewa@b example",
  "ewa@b..example",
  "ewa@.example",
  "ewa@example.",
  "ewa@-b.example",
  "ewa@b-.example",
  "ewa@b.example\r\nBcc: x@y.example",
  "ewa@b.example,x@y.example",
  "<ewa@b.example>",
  "Ewa <ewa@b.example>",
  '"a b"@c.example',
  "ewa;x@b.example",
  "ewa\u0000@b.example",
  "ewa\u2028@b.example",
  "ewa@[127.0.0.1]",
  "ewa:x@b.example",
  "ewa\\x@b.example",
  "ewa@b.example＠c.example",
  `${long}abcde@b.example`,
  `ewa@${long}.${long}.${long}.${long}.example`,
  "\ud83d@b.example",
])("%j is no address", async (typed) => {
  expect(addressKey(typed)).toBeUndefined()
  expect(await refusal(Promise.resolve().then(() => readAddress(typed, "newEmail")))).toEqual({
    code: "input_invalid",
    field: "newEmail",
  })
})

test("what is no text is refused as a field, not as a crash", async () => {
  for (const typed of [undefined, null, 7, {}, ["ewa@b.example"]])
    expect(await refusal(Promise.resolve().then(() => readAddress(typed)))).toEqual({
      code: "input_invalid",
      field: "email",
    })
})

test("an address is kept as it was typed, and found by its key", () => {
  expect(readAddress(" Ewa.K@ParcelForge.example ")).toEqual({
    email: "Ewa.K@ParcelForge.example",
    emailKey: "ewa.k@parcelforge.example",
  })
})
