import { html } from "hono/html"
import { encodeQR } from "qr"
import type { Html } from "./say.ts"

/** A QR code as one SVG path, dark on white in both colour schemes, with the quiet zone of four modules kept. */
export const qrCode = (content: string, label: string): Html => {
  const rows = encodeQR(content, "raw", { ecc: "medium", border: 4 })
  const size = rows.length
  return html`<svg
    class="qr"
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${size} ${size}"
    shape-rendering="crispEdges"
  >
    <path fill="#fff" d="M0 0h${size}v${size}H0z" />
    <path fill="#000" d="${pathOf(rows)}" />
  </svg>`
}

// Each run of dark modules is one rectangle: about a third of the size of one for each module.
const pathOf = (rows: readonly (readonly boolean[])[]): string => {
  let path = ""
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue
      const from = x
      while (row[x]) x++
      path += `M${from} ${y}h${x - from}v1h${from - x}z`
    }
  }
  return path
}
