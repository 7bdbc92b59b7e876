import { createHash, verify, createPublicKey } from "node:crypto"
import { describe, expect, test } from "vitest"
import { encodeCbor } from "./cbor.ts"
import { createPasskeyAuthenticator } from "./passkey-authenticator.ts"

const origin = "http://localhost:3000"
const creation = { rp: { id: "localhost" }, user: { id: "dXNlcg" }, challenge: "Y2hhbGxlbmdl" }
const request = { rpId: "localhost", challenge: "Y2hhbGxlbmdl" }
const bytes = (text: unknown): Buffer => Buffer.from(String(text), "base64url")

// RFC 8949, appendix A, and the boundaries between lengths.
test.each([
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [100, "1864"],
  [1000, "1903e8"],
  [1_000_000, "1a000f4240"],
  [-1, "20"],
  [-100, "3863"],
  [-257, "390100"],
  [false, "f4"],
  [true, "f5"],
  ["", "60"],
  ["IETF", "6449455446"],
  ["ü", "62c3bc"],
  [new Uint8Array([1, 2, 3, 4]), "4401020304"],
  [new Map<number | string, number>(), "a0"],
  [
    new Map([
      [1, 2],
      [3, 4],
    ]),
    "a201020304",
  ],
  [new Uint8Array(300), `59012c${"00".repeat(300)}`],
])("%j is written as %s", (value, hex) => {
  expect(encodeCbor(value).toString("hex")).toBe(hex)
})

describe("an authenticator for tests", () => {
  test("signs what it says, with the key that it gave", () => {
    const authenticator = createPasskeyAuthenticator({ origin })
    const made = authenticator.create(creation)
    const object = bytes(made.response["attestationObject"])
    // A COSE key of P-256 ends with the two coordinates, each 32 bytes after its own head of three.
    const [x, y] = [object.subarray(-67, -35), object.subarray(-32)]
    const key = createPublicKey({
      format: "jwk",
      key: { kty: "EC", crv: "P-256", x: x.toString("base64url"), y: y.toString("base64url") },
    })
    const used = authenticator.get(request)
    const data = bytes(used.response["authenticatorData"])
    const client = bytes(used.response["clientDataJSON"])
    const signed = Buffer.concat([data, createHash("sha256").update(client).digest()])
    expect(verify("sha256", signed, key, bytes(used.response["signature"]))).toBe(true)
    expect(data.subarray(0, 32)).toEqual(createHash("sha256").update("localhost").digest())
    expect([data[32], data.readUInt32BE(33)]).toEqual([0x05, 1])
    expect(JSON.parse(client.toString())).toEqual({
      type: "webauthn.get",
      challenge: request.challenge,
      origin,
      crossOrigin: false,
    })
    expect(used).toMatchObject({ id: made.id, rawId: made.id, type: "public-key", response: { userHandle: "dXNlcg" } })
  })

  test("counts, unless it is a synced one", () => {
    for (const [about, counters] of [
      [{}, [1, 2]],
      [{ synced: true }, [0, 0]],
      [{ synced: true, counts: true }, [1, 2]],
    ] as const) {
      const authenticator = createPasskeyAuthenticator({ origin, ...about })
      authenticator.create(creation)
      const counted = counters.map(() =>
        bytes(authenticator.get(request).response["authenticatorData"]).readUInt32BE(33),
      )
      expect(counted).toEqual(counters)
    }
  })

  test("makes no second passkey where it has one of those, and finds none that it has not", () => {
    const authenticator = createPasskeyAuthenticator({ origin })
    const { id } = authenticator.create(creation)
    expect(() => authenticator.create({ ...creation, excludeCredentials: [{ id }] })).toThrow(
      expect.objectContaining({ name: "InvalidStateError" }),
    )
    for (const other of [
      { ...request, allowCredentials: [{ id: "AAAA" }] },
      { ...request, rpId: "other.example" },
    ])
      expect(() => authenticator.get(other)).toThrow(expect.objectContaining({ name: "NotAllowedError" }))
  })
})
