// Installs, builds and walks through the examples, each against a real server. The last line is the count, alone:
// `N passed, N failed`.
//
//   node scripts/test-examples.mjs          all of them (npm run test:examples)
//   node scripts/test-examples.mjs NAME …   these
import { exampleNames, readExample } from "./examples/example.mjs"
import { buildPackages } from "./examples/ready.mjs"
import { stopAll } from "./examples/processes.mjs"
import { walkExample } from "./examples/walk-example.mjs"

const known = exampleNames()
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !known.includes(name))
const count = { passed: 0, failed: 0, skipped: 0 }
const fail = (text) => {
  count.failed += 1
  console.log(`✗ ${text}`)
}

for (const name of unknown) fail(`there is no example ${name}: there are ${known.join(", ")}`)
try {
  if (unknown.length === 0) {
    await buildPackages()
    for (const name of asked.length > 0 ? asked : known) {
      console.log(`\n${name}`)
      try {
        const { passed, failed, skipped } = await walkExample(readExample(name))
        count.passed += passed
        count.failed += failed
        count.skipped += skipped
      } catch (error) {
        fail(error.stack ?? error.message)
      }
    }
  }
} catch (error) {
  fail(error.message)
}
await stopAll()

process.exitCode = count.failed > 0 ? 1 : 0
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ""
console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`)
