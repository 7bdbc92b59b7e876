import type { IncomingUser } from "../engine.ts"

/** A record of the source, with nothing but an address unless a test says more. */
export const incoming = (more: Partial<IncomingUser> = {}): IncomingUser => ({
  email: "ewa@parcelforge.example",
  emailConfirmed: true,
  externalId: null,
  passwordHash: null,
  firstName: null,
  lastName: null,
  locale: null,
  roles: [],
  disabled: false,
  lockedUntil: null,
  failedSignIns: 0,
  authenticators: [],
  recoveryCodes: [],
  ...more,
})

/** Hashes of one password in every form of ASP.NET Core Identity, and one of a second password outside ASCII. */
export const aspnetHashes: readonly (readonly [form: string, hash: string, password: string])[] = [
  ["v2", "AAABAgMEBQYHCAkKCwwNDg9S3HC6eb9lAh204qSpJPAy5w+XeJf/UgJ9T5cyicRfDA==", "Kestrel-Mast-77!"],
  [
    "v3, SHA-1, 1000",
    "AQAAAAAAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg9S3HC6eb9lAh204qSpJPAy5w+XeJf/UgJ9T5cyicRfDA==",
    "Kestrel-Mast-77!",
  ],
  [
    "v3, SHA-256, 10000",
    "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg9vvXyNLy6SX4dwvaKtiK5MLyz12odmG/vm1ieT5sm0bQ==",
    "Kestrel-Mast-77!",
  ],
  [
    "v3, SHA-512, 100000",
    "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg8pOhvF+6Wq2KNElHT5oPDb4XZoOZDaHYbo4FZa6h8OUw==",
    "Kestrel-Mast-77!",
  ],
  [
    "v3, SHA-512, 100000, UTF-8",
    "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/2OYaOBqNGzZxu3qkNAbvA3oEkxyObMVWcc9Mt0smgTg==",
    "Grüße-9€-Boot",
  ],
]
