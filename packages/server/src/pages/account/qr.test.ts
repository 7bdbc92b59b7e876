import { decodeQR } from "qr/decode.js"
import { expect, test } from "vitest"
import { textOf } from "./say.ts"
import { qrCode } from "./qr.ts"

const uri = `otpauth://totp/Heron%20Books:mara%40example.com?secret=${"JBSWY3DPEHPK3PXP".repeat(2)}&issuer=Heron%20Books`

/** Paints the paths of the picture, four pixels a module, as a browser would. */
const paint = (svg: string) => {
  const size = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1])
  const scale = 4
  const width = size * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  for (const [, x, y, run] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let dy = 0; dy < scale; dy++)
      for (let dx = 0; dx < Number(run) * scale; dx++) {
        const at = ((Number(y) * scale + dy) * width + Number(x) * scale + dx) * 4
        data.fill(0, at, at + 3)
      }
  return { width, height: width, data, size }
}

test("the picture holds the address, with four white modules around it", () => {
  const svg = textOf(qrCode(uri, "a label"))
  const picture = paint(svg)
  expect(decodeQR(picture)).toBe(uri)
  for (const [, x = "", y = "", run = ""] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) {
    expect(Math.min(Number(x), Number(y))).toBeGreaterThanOrEqual(4)
    expect(Math.max(Number(x) + Number(run), Number(y) + 1)).toBeLessThanOrEqual(picture.size - 4)
  }
})

test("it is dark on white in itself, so that a dark page does not turn it round, and has a name", () => {
  const svg = textOf(qrCode(uri, 'a "label"'))
  expect(svg).toContain('fill="#fff"')
  expect(svg).toContain('fill="#000"')
  expect(svg).toContain('role="img"')
  expect(svg).toContain('aria-label="a &quot;label&quot;"')
})
