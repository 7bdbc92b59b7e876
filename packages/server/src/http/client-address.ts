import { BlockList, isIP } from "node:net"

/** Which peers may say on whose behalf they ask: addresses or CIDR ranges, `loopback` for this machine's own. */
export type TrustedProxies = readonly string[]

/** An address in the form that is compared, stored and limited by; undefined for what is none. */
const normalise = (text: string): string | undefined => {
  // [::1]:443 and 192.0.2.1:443, as some proxies write them (RFC 7239, section 6); a zone is the peer's own business.
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(":")) : text)
  const plain = bare.split("%")[0]?.toLowerCase() ?? ""
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  const address = mapped ?? plain
  return isIP(address) === 0 ? undefined : address
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4")

const blockListOf = (proxies: TrustedProxies): BlockList => {
  const list = new BlockList()
  for (const proxy of proxies.flatMap((entry) => (entry === "loopback" ? ["127.0.0.0/8", "::1"] : [entry]))) {
    const [text = "", bits] = proxy.split("/")
    const address = normalise(text)
    if (address === undefined) throw new TypeError(`a trusted proxy has to be an address or a CIDR range, not ${proxy}`)
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(bits), familyOf(address))
  }
  return list
}

/**
 * Makes the reader of the client's address. `X-Forwarded-For` counts only when the peer itself is a trusted proxy; then
 * it is read from the right, and the first hop that is not a trusted proxy is the client. What stands left of it was
 * written by the client and is not believed.
 * @throws TypeError for a trusted proxy that is no address.
 */
export const clientAddressReader = (proxies: TrustedProxies) => {
  const trusted = blockListOf(proxies)
  const isTrusted = (address: string): boolean => trusted.check(address, familyOf(address))

  return (peer: string | undefined, forwardedFor: string | null): string | undefined => {
    let client = peer === undefined ? undefined : normalise(peer)
    if (client === undefined || !isTrusted(client)) return client
    for (const hop of (forwardedFor ?? "").split(",").toReversed()) {
      const address = normalise(hop.trim())
      // A hop that can't be read: the last good one was told by somebody trusted.
      if (address === undefined) return client
      client = address
      if (!isTrusted(client)) return client
    }
    return client
  }
}

/** What a limit counts by. One IPv6 customer holds a /64 at least, so that is one client. */
export const limitKeyOf = (address: string): string => {
  if (isIP(address) !== 6) return address
  const [head = "", tail] = address.split("::")
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`
}
