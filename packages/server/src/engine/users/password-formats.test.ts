import { expect, test } from "vitest"
import { passwordVerifierOf } from "./password-formats.ts"

const kestrel = "Kestrel-Mast-77!"
const umlauts = "Grüße-9€-Boot"

// Made with node:crypto, Python's hashlib, libxcrypt and passlib's documentation, not with the code under test.
const vectors: readonly (readonly [string, string, string])[] = [
  ["Identity v2", kestrel, "AAABAgMEBQYHCAkKCwwNDg9S3HC6eb9lAh204qSpJPAy5w+XeJf/UgJ9T5cyicRfDA=="],
  [
    "Identity v3, SHA-1",
    kestrel,
    "AQAAAAAAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg9S3HC6eb9lAh204qSpJPAy5w+XeJf/UgJ9T5cyicRfDA==",
  ],
  [
    "Identity v3, SHA-256",
    kestrel,
    "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg9vvXyNLy6SX4dwvaKtiK5MLyz12odmG/vm1ieT5sm0bQ==",
  ],
  [
    "Identity v3, SHA-512",
    kestrel,
    "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg8pOhvF+6Wq2KNElHT5oPDb4XZoOZDaHYbo4FZa6h8OUw==",
  ],
  [
    "Identity v3, other letters",
    umlauts,
    "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/2OYaOBqNGzZxu3qkNAbvA3oEkxyObMVWcc9Mt0smgTg==",
  ],
  ["passlib pbkdf2 SHA-1", kestrel, "$pbkdf2$1000$AAECAwQFBgcICQoLDA0ODw$Utxwunm/ZQIdtOKkqSTwMucPl3g"],
  [
    "passlib pbkdf2 SHA-256",
    kestrel,
    "$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$suPYVGpRqLyAJy.mAhzDILkpahUvPBZpRlbzUJku5Sc",
  ],
  [
    "passlib's documented hash",
    "toomanysecrets",
    "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
  ],
  [
    "passlib pbkdf2 SHA-512",
    kestrel,
    "$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$1ftV7N4/DshAn5x9lm0CTeSCui2/j0Mh/kL/43z9/EktEvua9rn2BHPFCjPH71DVJQR0hynSKOHUYkFPwTZENg",
  ],
  [
    "PHC pbkdf2",
    umlauts,
    "$pbkdf2-sha512$i=2000,l=64$AAECAwQFBgcICQoLDA0ODw$3ZxyinSDs+bjhkAkDVII/yiOAc4fF/yb/BNIAduo/VryvbvXNdxMMngChbaMOzAQ6eP8eu7P1t4mcefUiODvQQ",
  ],
  ["Django SHA-256", kestrel, "pbkdf2_sha256$1200$seasalt2$XSglCc6GQ+5wvY98UEorGZnlJJaF/e933E4nnGC7GrI="],
  ["Django SHA-1", kestrel, "pbkdf2_sha1$1200$seasalt2$lQjYw2bZuBJkUUcRTb+V+m2sZ14="],
  [
    "Django argon2",
    kestrel,
    "argon2$argon2id$v=19$m=256,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$Qxxe+HC3AQgqouiakxebzMxBPY4TOPDqN6FmPBP6h4o",
  ],
  ["Django bcrypt", kestrel, "bcrypt$$2b$05$abcdefghijklmnopqrstuugiPjpH6JZLEpd/SeSNOg0qVyYj9yXH2"],
  ["Django bcrypt_sha256", kestrel, "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuu6ClszF/mC.NoD3zPIfezYARcA3GKhZ."],
  [
    "argon2id",
    kestrel,
    "$argon2id$v=19$m=256,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$Qxxe+HC3AQgqouiakxebzMxBPY4TOPDqN6FmPBP6h4o",
  ],
  [
    "argon2i",
    kestrel,
    "$argon2i$v=19$m=256,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$ZNZACf0rGP7DWLl0bDDu7RtWoZ6KWp0dnMGVinI3YnY",
  ],
  [
    "argon2d",
    kestrel,
    "$argon2d$v=19$m=256,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$LEWAfilDND0FR+AMeJv3MsYO13O7x/zcnZgEKTGCAAg",
  ],
  ["scrypt", kestrel, "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$t0mzhFx7bdZvuVb5M4hOnhWr63AR9C6pIuONdyTrI7I"],
  [
    "scrypt, other parameters",
    umlauts,
    "$scrypt$ln=12,r=16,p=1$YTFiMmMzZDQ$96tSgf8KCIB6LZJHgzVu6+7p6IwGO/LmjL9YEwRS5zRpxeR/3MEpnyQlXuk8/bur52wSB0gil6l+dsW0ZvHCaw",
  ],
  ["bcrypt", kestrel, "$2b$05$abcdefghijklmnopqrstuugiPjpH6JZLEpd/SeSNOg0qVyYj9yXH2"],
]

for (const [name, password, stored] of vectors)
  test(`${name}: the right password passes and a near one does not`, async () => {
    const verify = passwordVerifierOf(stored)
    if (verify === undefined) throw new Error("not read")
    expect(await verify(password)).toBe(true)
    for (const wrong of [`${password} `, password.slice(0, -1), `x${password.slice(1)}`, "", stored])
      expect(await verify(wrong)).toBe(false)
  })

test("the last character of a long password matters", async () => {
  const verify = passwordVerifierOf(vectors[0]?.[2] ?? "")
  expect(await verify?.(`${"a".repeat(199)}b`)).toBe(false)
})

const salt = "AAECAwQFBgcICQoLDA0ODw"
const hash = "Qxxe+HC3AQgqouiakxebzMxBPY4TOPDqN6FmPBP6h4o"
const bytes = (...numbers: number[]) => Buffer.from(numbers).toString("base64")

test.each([
  ["nothing", ""],
  ["plain text", "hunter2"],
  ["an unsalted MD5", "5f4dcc3b5aa765d61d8327deb882cf99"],
  ["Django's unusable mark", "!unusable"],
  ["an unknown marker", bytes(7, ...Array<number>(60).fill(1))],
  ["a short Identity hash", bytes(1, 0, 0, 0, 1, 0, 0, 39, 16)],
  ["Identity v2 of another length", bytes(0, ...Array<number>(40).fill(1))],
  [
    "Identity v3 with an unknown function",
    bytes(1, 0, 0, 0, 9, 0, 0, 39, 16, 0, 0, 0, 16, ...Array<number>(48).fill(1)),
  ],
  [
    "Identity v3 whose salt is longer than the text",
    bytes(1, 0, 0, 0, 1, 0, 0, 39, 16, 0, 1, 0, 0, ...Array<number>(48).fill(1)),
  ],
  [
    "Identity v3 with four thousand million rounds",
    bytes(1, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0, 16, ...Array<number>(48).fill(1)),
  ],
  ["pbkdf2 without rounds", `$pbkdf2-sha256$0$${salt}$${hash}`],
  ["pbkdf2 with too many rounds", `$pbkdf2-sha256$99999999$${salt}$${hash}`],
  ["pbkdf2 with MD5", `$pbkdf2-md5$1000$${salt}$${hash}`],
  ["argon2 that takes all memory", `$argon2id$v=19$m=99999999,t=1,p=1$${salt}$${hash}`],
  ["argon2 that takes all time", `$argon2id$v=19$m=1048576,t=99,p=1$${salt}$${hash}`],
  ["argon2 without passes", `$argon2id$v=19$m=256,t=0,p=1$${salt}$${hash}`],
  ["argon2 of the old version", `$argon2id$v=16$m=256,t=2,p=1$${salt}$${hash}`],
  ["argon2 with a short hash", `$argon2id$v=19$m=256,t=2,p=1$${salt}$QQQ`],
  ["scrypt that takes all memory", `$scrypt$ln=24,r=64,p=1$${salt}$${hash}`],
  ["scrypt that takes all time", `$scrypt$ln=20,r=8,p=16$${salt}$${hash}`],
  ["a very long text", `$argon2id$v=19$m=256,t=2,p=1$${salt}$${"A".repeat(5000)}`],
])("%s is no usable hash", (_name, stored) => {
  expect(passwordVerifierOf(stored)).toBeUndefined()
})
