// Everything that has to hold before a change is handed in: types, lint, format, generated pages, then all tests.
// The last line of standard output is the count, alone: `N passed, N failed`. Each check counts as one.
//
//   node scripts/test.mjs            all of it (npm test)
//   node scripts/test.mjs --checks   no tests (npm run check)
//   node scripts/test.mjs <path> …   only tests, of these paths (npm test -- <path>)
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const bin = join(root, "node_modules", ".bin")
// The node in there is the one that runs TypeScript, whatever started this script.
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` }
const shell = process.platform === "win32"

const checks = [
  {
    name: "types",
    commands: [
      ["tsc", "-b"],
      ["tsc", "-p", "tsconfig.test.json"],
    ],
  },
  { name: "lint", commands: [["oxlint", "--type-aware", "--quiet"]] },
  { name: "format", commands: [["oxfmt", "--check"]] },
  { name: "generated pages", commands: [["node", "--conditions=@countersign/source", "scripts/docs.mjs", "--check"]] },
]

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`
const count = { passed: 0, failed: 0, skipped: 0 }

function runCheck({ name, commands }) {
  const since = performance.now()
  for (const [program, ...args] of commands) {
    const done = spawnSync(program, args, { cwd: root, env, shell, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
    if (done.status === 0) continue
    count.failed += 1
    console.log(`✗ ${name} (${seconds(since)}): ${[program, ...args].join(" ")}`)
    console.log(`${done.stdout ?? ""}${done.stderr ?? ""}${done.error ? `${done.error.message}\n` : ""}`)
    return
  }
  count.passed += 1
  console.log(`✓ ${name} (${seconds(since)})`)
}

function runTests(paths) {
  const folder = mkdtempSync(join(tmpdir(), "countersign-test-"))
  const report = join(folder, "report.json")
  const args = ["run", ...paths, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
  const done = spawnSync("vitest", args, { cwd: root, env, shell, stdio: "inherit" })
  const before = count.failed
  try {
    const { testResults = [] } = JSON.parse(readFileSync(report, "utf8"))
    for (const file of testResults) {
      const states = (file.assertionResults ?? []).map(({ status }) => status)
      count.passed += states.filter((state) => state === "passed").length
      count.failed += states.filter((state) => state === "failed").length
      count.skipped += states.filter((state) => state !== "passed" && state !== "failed").length
      // A file that could not be loaded, or whose hooks threw, has no test that failed.
      if (file.status === "failed" && !states.includes("failed")) count.failed += 1
    }
  } catch {
    console.log("vitest left no report")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  // An error outside of any test, a crash, no tests at all.
  if (done.status !== 0 && count.failed === before) count.failed += 1
}

const given = process.argv.slice(2)
const onlyChecks = given.includes("--checks")
const paths = given.filter((argument) => argument !== "--checks")
if (paths.length === 0) for (const check of checks) runCheck(check)
if (!onlyChecks) runTests(paths)

process.exitCode = count.failed > 0 ? 1 : 0
const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ""
console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`)
