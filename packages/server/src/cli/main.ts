#!/usr/bin/env node
import { enableCompileCache } from "node:module"
import { fileURLToPath } from "node:url"

// In a clone the sources run as they are, and stripping their types is most of a start. Not in a published package:
// there is little to gain, and a cache in a folder that others may write to could hold code of theirs.
if (import.meta.url.endsWith("/src/cli/main.ts"))
  enableCompileCache(fileURLToPath(new URL("../../../../node_modules/.cache/countersign", import.meta.url)))

// Whoever reads us may have seen enough: `countersign users list | head -1`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
  throw error
})

const { run } = await import("./program.ts")
process.exitCode = await run(process.argv.slice(2))
