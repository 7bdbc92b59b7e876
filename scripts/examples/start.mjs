// Runs the example in whose folder it is started, for somebody who wants to try it or to work on it: does all the
// set-up, starts Countersign and the app, and goes on until it is stopped. What is made stays in .countersign/.
import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { basename, join } from "node:path"
import { filledIn, readExample, root } from "./example.mjs"
import { answers, reservePort, start, stopAll } from "./processes.mjs"
import { buildPackages, installExample } from "./ready.mjs"
import { ada, startCountersign } from "./server.mjs"

const example = readExample(basename(process.cwd()))
const say = (text) => console.log(text)

/** `npm start` was told to end and told only the shell between us, which ends without a word. */
const orphaned = () =>
  new Promise((resolve) => {
    const parent = process.ppid
    const looking = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(looking)
      resolve(143)
    }, 250)
  })

try {
  say("Setting up …")
  const ready = spawnSync(process.execPath, [join(root, "scripts", "setup.mjs")], { stdio: "inherit" })
  if (ready.status !== 0) throw new Error("the packages of the repository could not be installed")
  await buildPackages()
  if (example.installs) await installExample(example)

  const ports = { app: await reservePort(3000), countersign: await reservePort(4000) }
  const places = {
    app: `http://localhost:${ports.app.port}`,
    countersign: `http://localhost:${ports.countersign.port}`,
    port: ports.app.port,
  }
  const folder = join(example.folder, ".countersign")
  mkdirSync(folder, { recursive: true })
  const options = filledIn(example.server, places)
  const countersign = await startCountersign({ port: await ports.countersign.release(), folder, options })
  await countersign.makeAda()

  await ports.app.release()
  const words = example.develop ?? example.app
  const running = [countersign.server]
  if (words !== undefined) {
    const env = { ...filledIn(example.environment, places), COUNTERSIGN_SERVICE_KEY: await countersign.serviceKey() }
    const app = start(filledIn(words, places), { cwd: example.folder, env, onLine: say })
    running.push(app)
    await answers(places.app, app)
    say(`\n  The app      ${places.app}`)
  }
  say(`  Countersign  ${places.countersign}   (its mails: ${places.countersign}/dev/mailbox)`)
  say(`  Sign in as   ${ada.email}   with the password   ${ada.password}\n`)
  process.exitCode = await Promise.race([orphaned(), ...running.map((one) => one.ended)])
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
await stopAll()
