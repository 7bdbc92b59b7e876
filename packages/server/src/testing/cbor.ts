/** As much of CBOR (RFC 8949) as an authenticator writes: numbers, bytes, text and maps, in the order given. */
export type Cbor = number | string | boolean | Uint8Array | ReadonlyMap<number | string, Cbor>

export const encodeCbor = (value: Cbor): Buffer => {
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4])
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([
    head(5, value.size),
    ...[...value].flatMap(([key, member]) => [encodeCbor(key), encodeCbor(member)]),
  ])
}

/** The first bytes of an item: its major type, and the number that it begins with. */
const head = (major: number, count: number): Buffer => {
  if (count < 24) return Buffer.from([(major << 5) | count])
  const [code, size] = count < 0x100 ? [24, 1] : count < 0x1_0000 ? [25, 2] : [26, 4]
  const bytes = Buffer.alloc(1 + size)
  bytes[0] = (major << 5) | code
  bytes.writeUIntBE(count, 1, size)
  return bytes
}
