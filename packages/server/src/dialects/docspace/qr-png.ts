import { encode } from "fast-png"
import { encodeQR } from "qr"

/** Modules of light around the symbol that scanners need (ISO/IEC 18004, 6.3.8). */
const quietZone = 4
const pixelsPerModule = 4
const dark = 0
const light = 255

/** The picture of an address as a data URI: PNG, 4 pixels a module, error correction Q. It holds a secret. */
export const qrPng = (address: string): string => {
  const modules = encodeQR(address, "raw", { ecc: "quartile", border: quietZone })
  const width = modules.length * pixelsPerModule
  const data = new Uint8Array(width * width).fill(light)
  for (const [row, line] of modules.entries())
    for (const [column, isDark] of line.entries()) {
      if (!isDark) continue
      for (let y = 0; y < pixelsPerModule; y++) {
        const start = (row * pixelsPerModule + y) * width + column * pixelsPerModule
        data.fill(dark, start, start + pixelsPerModule)
      }
    }
  const png = encode({ width, height: width, data, channels: 1, depth: 8 })
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`
}
