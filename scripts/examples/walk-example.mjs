// Takes one example from nothing to walked through, and says what was seen.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { filledIn, root } from "./example.mjs"
import { answers, reservePort, run, start } from "./processes.mjs"
import { buildExample, installExample } from "./ready.mjs"
import { ada, startCountersign } from "./server.mjs"

const programs = {
  browser: [process.env.COUNTERSIGN_CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"],
  oathtool: ["/usr/bin/oathtool"],
  zbarimg: ["/usr/bin/zbarimg"],
  python3: ["/usr/bin/python3", "/usr/local/bin/python3"],
}
const lacks = (need) => !programs[need]?.some((path) => path !== undefined && existsSync(path))

/** One thing that has to work. What it throws is told, and nothing after it is tried. */
class Failed extends Error {}

export async function walkExample(example) {
  const count = { passed: 0, failed: 0, skipped: 0 }
  const missing = example.needs.filter(lacks)
  if (missing.length > 0) {
    console.log(`!!! SKIPPED: this machine has no ${missing.join(", no ")}`)
    return { ...count, skipped: 1 }
  }
  const step = async (name, task) => {
    const since = performance.now()
    const seconds = () => `${((performance.now() - since) / 1_000).toFixed(1)} s`
    try {
      await task()
      count.passed += 1
      console.log(`✓ ${name} (${seconds()})`)
    } catch (error) {
      count.failed += 1
      console.log(`✗ ${name} (${seconds()})\n${indented(error.message)}`)
      throw new Failed()
    }
  }

  const folder = mkdtempSync(join(tmpdir(), "countersign-example-"))
  const clockFile = join(folder, "clock")
  writeFileSync(clockFile, "0")
  const clock = {
    EXAMPLE_CLOCK: clockFile,
    NODE_OPTIONS: `--import=${new URL("moved-clock.mjs", import.meta.url).href}`,
  }
  const ports = { app: await reservePort(), countersign: await reservePort() }
  const places = {
    app: `http://localhost:${ports.app.port}`,
    countersign: `http://localhost:${ports.countersign.port}`,
    port: ports.app.port,
  }
  const environment = filledIn(example.environment, places)
  const started = []
  const stop = async () => {
    for (const one of started.splice(0).toReversed()) await one.stop()
  }
  try {
    if (example.installs) await step("installed", () => installExample(example))
    if (example.build) await step("built", () => buildExample(example, environment))

    // Once for what is served, once for what somebody sees who works on it (where React's strict mode is on).
    const ways = [
      { name: "as it is served", words: example.app },
      ...(example.develop ? [{ name: "in development", words: example.develop }] : []),
    ]
    for (const { name, words } of ways) {
      let keys = {}
      await step(`started, ${name}`, async () => {
        rmSync(join(folder, "countersign.sqlite"), { force: true })
        writeFileSync(clockFile, "0")
        const port = await ports.countersign.release()
        const own = join(folder, name.replaceAll(" ", "-"))
        const options = filledIn(example.server, places)
        const countersign = await startCountersign({ port, folder: own, options, clock })
        started.push(countersign.server)
        await countersign.makeAda()
        keys = { API_KEY: await countersign.adasKey(), SERVICE_KEY: await countersign.serviceKey() }
        await ports.app.release()
        if (words === undefined) return
        const app = start(filledIn(words, places), {
          cwd: example.folder,
          env: { ...environment, ...clock, COUNTERSIGN_SERVICE_KEY: keys.SERVICE_KEY },
        })
        started.push(app)
        await answers(places.app, app)
      })
      for (const walk of example.walks) {
        const env = {
          COUNTERSIGN_URL: places.countersign,
          BASE_URL: places.countersign,
          APP_URL: places.app,
          PERSON_EMAIL: ada.email,
          PERSON_PASSWORD: ada.password,
          EXAMPLE_CLOCK: clockFile,
          EXAMPLE_WAY: name,
          ...(process.env.EXAMPLE_PICTURES ? { EXAMPLE_PICTURES: process.env.EXAMPLE_PICTURES } : {}),
          ...keys,
        }
        await walked(walk, env)
      }
      await stop()
    }
  } catch (error) {
    if (!(error instanceof Failed)) throw error
    for (const one of started) if (one.tail() !== "") console.log(indented(`what a program said:\n${one.tail()}`))
  } finally {
    await stop()
    await Promise.all([ports.app.release(), ports.countersign.release()])
    rmSync(folder, { recursive: true, force: true })
  }
  return count

  async function walked(words, env) {
    const counting = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/
    const named = [words[0], ...words.slice(1).map((word) => word.replace(root, ""))].join(" ")
    console.log(`  ${named}`)
    let counted
    const onLine = (line) => {
      counted = counting.exec(line) ?? counted
      if (line !== "" && !counting.test(line)) console.log(`  ${line}`)
    }
    const { code } = await run(words, { cwd: example.folder, env, onLine })
    const [passed, failed, skipped] = (counted?.slice(1) ?? [code === 0 ? 1 : 0, code === 0 ? 0 : 1]).map((text) =>
      Number(text ?? 0),
    )
    count.passed += passed
    count.failed += failed
    count.skipped += skipped ?? 0
    // A program that ends with a failure and counted none has failed by itself.
    if (code !== 0 && failed === 0) count.failed += 1
    if (count.failed > 0) throw new Failed()
  }
}

const indented = (text) => text.replace(/^/gm, "    ")
