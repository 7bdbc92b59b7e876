/** Addresses, ranges in CIDR form (RFC 4632, RFC 4291) and spans `from-to`, as administrators write them. Pure. */

/** Both ends belong to it. */
export type AddressRange = { readonly family: 4 | 6; readonly from: bigint; readonly to: bigint }

type Address = { readonly family: 4 | 6; readonly value: bigint }

const bitsOf = { 4: 32, 6: 128 } as const
/** Longer text is no address. */
const longestText = 100

/** `192.0.2.7`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9`, and the same of IPv6; undefined for anything else. */
export function readAddressRange(text: string): AddressRange | undefined {
  if (text.length > longestText) return undefined
  const ends = text.split("-")
  if (ends.length === 2) return readSpan(ends[0] ?? "", ends[1] ?? "")
  const [start = "", bits, ...more] = text.split("/")
  const address = readAddress(start.trim())
  if (address === undefined || ends.length > 2 || more.length > 0) return undefined
  if (bits === undefined) return { family: address.family, from: address.value, to: address.value }
  const width = bitsOf[address.family]
  const kept = /^\d{1,3}$/.test(bits.trim()) ? Number(bits) : Infinity
  if (kept > width) return undefined
  const free = BigInt(width - kept)
  const from = (address.value >> free) << free
  return { family: address.family, from, to: from + (1n << free) - 1n }
}

function readSpan(first: string, last: string): AddressRange | undefined {
  const from = readAddress(first.trim())
  const to = readAddress(last.trim())
  if (from === undefined || to === undefined || from.family !== to.family || from.value > to.value) return undefined
  return { family: from.family, from: from.value, to: to.value }
}

/** Whether an address lies in the range. What is no address lies in none. */
export function isWithin(range: AddressRange, text: string): boolean {
  const address = readAddress(text)
  return address?.family === range.family && address.value >= range.from && address.value <= range.to
}

/** An IPv4 address in IPv6 clothes is the IPv4 address (RFC 4291, 2.5.5.2). */
function readAddress(text: string): Address | undefined {
  const plain = readV4(text)
  if (plain !== undefined) return { family: 4, value: plain }
  const value = readV6(text)
  if (value === undefined) return undefined
  return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value }
}

function readV4(text: string): bigint | undefined {
  const parts = text.split(".")
  // No leading zeros: some readers take them for octal.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

function readV6(text: string): bigint | undefined {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, at) => readGroups(half, at === halves.length - 1))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  // Two colons stand for at least one group (RFC 5952, 4.2.2); without them all eight have to be there.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])]
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)
}

/** The last half may end in an IPv4 address. */
function readGroups(half: string, last: boolean): number[] | undefined {
  if (half === "") return []
  const groups: number[] = []
  const parts = half.split(":")
  for (const [at, part] of parts.entries()) {
    const embedded = last && at === parts.length - 1 ? readV4(part) : undefined
    if (embedded !== undefined) groups.push(Number(embedded >> 16n), Number(embedded & 0xffffn))
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
