import { decodeQR } from "qr/decode.js"
import { describe, expect, test } from "vitest"
import { qrRaw, qrSvg } from "./qr.ts"

const uri =
  "otpauth://totp/B%C3%A4ckerei:j%C3%BCrgen%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=B%C3%A4ckerei&algorithm=SHA1&digits=6&period=30"

/** Draws the one dark path of the SVG into pixels, as a browser would. */
function pixels(svg: string, scale: number): { width: number; height: number; data: Uint8Array } {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1])
  const side = size * scale
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let py = Number(y) * scale; py < (Number(y) + 1) * scale; py++)
      for (let px = Number(x) * scale; px < (Number(x) + Number(width)) * scale; px++)
        data.fill(0, (py * side + px) * 4, (py * side + px) * 4 + 3)
  }
  return { width: side, height: side, data }
}

describe("the QR code", () => {
  test("a decoder reads the address back from the drawing", () => {
    expect(decodeQR(pixels(qrSvg(uri), 4))).toBe(uri)
  })

  test("has four modules of light on every side", () => {
    const rows = qrRaw(uri)
    const edge = [...rows.slice(0, 4), ...rows.slice(-4), ...rows.map((row) => [...row.slice(0, 4), ...row.slice(-4)])]
    expect(edge.flat().every((dark) => !dark)).toBe(true)
    expect(rows[4]?.[4]).toBe(true)
  })

  test("is one path on a white ground, without script, style or outside reference", () => {
    const svg = qrSvg(uri)
    expect(svg.match(/<path/g)).toHaveLength(1)
    expect(svg).toContain('fill="#fff"')
    expect(svg).not.toMatch(/<script|style=|href|url\(|otpauth/)
  })
})
