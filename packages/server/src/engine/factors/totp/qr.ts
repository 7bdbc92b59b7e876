/** The picture of an otpauth address. Drawn here and nowhere outside: the address is a secret. */
import { encodeQR } from "qr"

/** Modules of light around the symbol that scanners need (ISO/IEC 18004, 6.3.8). */
const quietZone = 4

/** The symbol with its quiet zone, row by row; true is dark. */
export const qrRaw = (uri: string): boolean[][] => encodeQR(uri, "raw", { ecc: "medium", border: quietZone })

/** Inline SVG, one unit a module: dark on white whatever the page's colours, since not every app reads the inverse. */
export function qrSvg(uri: string): string {
  const rows = qrRaw(uri)
  const path = rows
    .map((row, y) =>
      runs(row)
        .map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`)
        .join(""),
    )
    .join("")
  const size = rows.length
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" role="img">` +
    `<rect width="${size}" height="${size}" fill="#fff"/><path fill="#000" d="${path}"/></svg>`
  )
}

/** Where a row is dark: start and length of each stretch. */
function runs(row: readonly boolean[]): [number, number][] {
  const found: [number, number][] = []
  for (const [x, dark] of row.entries()) {
    const last = found.at(-1)
    if (dark && last !== undefined && last[0] + last[1] === x) last[1]++
    else if (dark) found.push([x, 1])
  }
  return found
}
