import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { decode, hasPngSignature } from "fast-png"
import { encodeQR } from "qr"
import { describe, expect, test } from "vitest"
import { pngOf, readPicture } from "./portal-for-tests.ts"
import { qrPng } from "./qr-png.ts"

const addresses = [
  "otpauth://totp/Harbour:ann%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Harbour&algorithm=SHA1&digits=6&period=30",
  `otpauth://totp/B%C3%A4ckerei:${"a".repeat(180)}%40example.org?secret=${"A".repeat(52)}&issuer=B%C3%A4ckerei`,
]

describe.each(addresses)("the picture of %s", (address) => {
  test("is a PNG whose picture a decoder reads back", () => {
    expect(readPicture(qrPng(address))).toBe(address)
  })

  test("has four pixels a module, a quiet zone, and error correction Q", () => {
    const png = pngOf(qrPng(address))
    expect(hasPngSignature(png)).toBe(true)
    const { width, height, depth, channels, data } = decode(png)
    const modules = encodeQR(address, "raw", { ecc: "quartile", border: 4 })
    expect([width, height, depth, channels]).toEqual([modules.length * 4, modules.length * 4, 8, 1])
    const isDark = (x: number, y: number): boolean => data[y * width + x] === 0
    const pixels = Array.from({ length: width }, (_, y) => Array.from({ length: width }, (__, x) => isDark(x, y)))
    const enlarged = modules.flatMap((row) => {
      const line = row.flatMap((dark) => [dark, dark, dark, dark])
      return [line, line, line, line]
    })
    expect(pixels).toEqual(enlarged)
    expect(pixels.slice(0, 16).flat().some(Boolean)).toBe(false)
  })
})

const zbarimg = "/usr/bin/zbarimg"
if (!existsSync(zbarimg))
  // oxlint-disable-next-line no-console -- a test that does not run says so
  console.warn("SKIPPED: zbarimg is not installed; the pictures were not read by a program of somebody else")
test.skipIf(!existsSync(zbarimg))("a scanner that others wrote reads it", () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-qr-"))
  try {
    for (const address of addresses) {
      const file = join(folder, "code.png")
      writeFileSync(file, pngOf(qrPng(address)))
      const read = execFileSync(zbarimg, ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file], {
        stdio: ["ignore", "pipe", "ignore"],
      })
      expect(read.toString().trim()).toBe(address)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
