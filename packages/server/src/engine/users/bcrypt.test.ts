import { expect, test } from "vitest"
import { bcrypt, readBcrypt } from "./bcrypt.ts"

// The first three are the published vectors of crypt_blowfish, the rest was made with libxcrypt.
const vectors = [
  ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"],
  ["", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"],
  ["Kestrel-Mast-77!", "$2b$05$abcdefghijklmnopqrstuugiPjpH6JZLEpd/SeSNOg0qVyYj9yXH2"],
  ["x".repeat(80), "$2y$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"],
  ["Grüße-9€-Boot", "$2a$06$./ABCDEFGHIJKLMNOPQRSeRZd.GBm/WPRgqmW2qGgPwi8evUaeCqe"],
  ["", "$2b$04$......................w74bL5gU7LSJClZClCa.Pkz14aTv/XO"],
] as const

for (const [password, stored] of vectors)
  test(`${stored} is the hash of ${JSON.stringify(password.slice(0, 20))}`, async () => {
    const parsed = readBcrypt(stored)
    if (parsed === undefined) throw new Error("not read")
    expect(await bcrypt(Buffer.from(password), parsed)).toEqual(parsed.hash)
    expect(await bcrypt(Buffer.from(`${password.slice(0, 60)}.`), parsed)).not.toEqual(parsed.hash)
  })

test("what is not bcrypt, or would take the server's time, is not read", () => {
  const hash = ".".repeat(53)
  expect(readBcrypt(`$2b$10$${hash}`)).toBeDefined()
  for (const stored of [
    "",
    "$2b$",
    `$2b$03$${hash}`,
    `$2b$16$${hash}`,
    `$2b$31$${hash}`,
    `$2x$10$${hash}`,
    `$2b$10$${hash}.`,
    `$2b$10$${hash.slice(1)}`,
    `$2b$1a$${hash}`,
  ])
    expect([stored, readBcrypt(stored)]).toEqual([stored, undefined])
})

test("other work goes on while a costly hash is computed", async () => {
  const parsed = readBcrypt(`$2b$10$${".".repeat(53)}`)
  if (parsed === undefined) throw new Error("not read")
  let turns = 0
  const count = () => {
    turns++
    running = setImmediate(count)
  }
  let running = setImmediate(count)
  await bcrypt(Buffer.from("x"), parsed)
  clearImmediate(running)
  expect(turns).toBeGreaterThan(10)
})
