// Makes the reference pages that come from the code. With --check nothing is written, and a page that differs from
// what the code says is a failure. Needs --conditions=@countersign/source and a Node that runs TypeScript.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { commandLinePage } from "../packages/server/src/cli/page.ts"
import { configurationPage } from "../packages/server/src/config/page.ts"
import { nativeApiPage } from "../packages/server/src/dialects/native/docs/reference.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const pages = {
  "docs/reference/configuration.md": configurationPage,
  "docs/reference/command-line.md": commandLinePage,
  "docs/reference/native-api.md": nativeApiPage,
}

let stale = 0
for (const [path, make] of Object.entries(pages)) {
  const file = `${root}${path}`
  const page = make()
  if (existsSync(file) && readFileSync(file, "utf8") === page) continue
  if (process.argv.includes("--check")) {
    console.error(`${path} is not what the code says: run npm run docs`)
    stale += 1
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, page)
    console.log(`wrote ${path}`)
  }
}
process.exitCode = stale > 0 ? 1 : 0
