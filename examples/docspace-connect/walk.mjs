// Walks both scripts through a set-up with the same key, in place of a person with a phone. BASE_URL and API_KEY as theirs.
import { execFile } from "node:child_process"
import { createHmac } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(new URL(".", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "docspace-connect-"))
const scripts = [
  [process.execPath, "connect.mjs"],
  ["python3", "connect.py"],
]

const run = ([program, file], ...args) =>
  new Promise((resolve) => {
    const env = { ...process.env, QR_FILE: join(folder, `${file}.png`) }
    execFile(program, [join(here, file), ...args], { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err: err.trim() }),
    )
  })

const check = (what, right, said) => {
  if (!right) throw new Error(`${what}: ${JSON.stringify(said)}`)
  console.log(what)
}

/** What an app shows for the key, some steps of 30 seconds from now (RFC 6238). */
const codeOf = (key, steps = 0) => {
  const bits = Array.from(key, (letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  )
  const bytes = Buffer.from(
    bits
      .join("")
      .match(/.{8}/g)
      .map((byte) => Number.parseInt(byte, 2)),
  )
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const mac = createHmac("sha1", bytes).update(counter).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}

try {
  const keys = []
  for (const script of scripts) {
    const shown = await run(script)
    const key = /^key +([A-Z2-7]+)$/m.exec(shown.out)?.[1]
    check(`${script[1]} shows a key`, shown.code === 0 && key !== undefined, shown)
    const picture = readFileSync(join(folder, `${script[1]}.png`))
    check(`${script[1]} writes a picture`, picture.subarray(1, 4).toString() === "PNG", shown)
    keys.push(key)
  }
  check("both show the same key", keys[0] === keys[1], keys.length)

  const wrong = await run(scripts[0], codeOf(keys[0], -100))
  check("a wrong code is refused", wrong.code === 1 && wrong.err === "400: Incorrect code", wrong)
  for (const [at, script] of scripts.entries()) {
    const done = await run(script, codeOf(keys[0], at))
    check(`${script[1]} is told that its code is right`, done.code === 0 && done.out.startsWith("connected\n"), done)
    check(`${script[1]} is shown ten backup codes`, done.out.match(/^backup +\S+$/gm)?.length === 10, done)
    const again = await run(script)
    check(`${script[1]} is shown no key any more`, again.code === 1 && again.err.startsWith("403: "), again)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
