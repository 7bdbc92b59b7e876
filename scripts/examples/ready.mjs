// Makes an example ready to run: our packages built, and its own packages installed with ours as they stand now.
import { createHash } from "node:crypto"
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "./processes.mjs"

/** Builds what examples install. `tsc -b` does nothing where nothing has changed. */
export async function buildPackages() {
  const { code, text } = await run(["tsc", "-b"])
  if (code !== 0) throw new Error(`the packages could not be built:\n${text}`)
}

/** The folders of our packages that an example copies in. */
const ours = (example) => {
  const { dependencies = {} } = JSON.parse(readFileSync(join(example.folder, "package.json"), "utf8"))
  return Object.values(dependencies)
    .filter((version) => version.startsWith("file:"))
    .map((version) => join(example.folder, version.slice("file:".length)))
}

/** What an installation stands for: the lock, and the content of the packages of ours that were copied in. */
function fingerprint(example) {
  const files = ours(example).flatMap((folder) => [
    join(folder, "package.json"),
    ...readdirSync(join(folder, "dist"), { recursive: true })
      .map((name) => join(folder, "dist", name))
      .filter((file) => statSync(file).isFile()),
  ])
  const hash = createHash("sha256")
  for (const file of [
    join(example.folder, "package.json"),
    join(example.folder, "package-lock.json"),
    ...files.toSorted(),
  ])
    if (existsSync(file)) hash.update(file).update(readFileSync(file))
  return hash.digest("hex")
}

/**
 * Installs an example's packages unless they are there. `npm ci` copies ours afresh; where a registry lacks some
 * platform's part of a package, the lock does not pass it and the exact versions are installed without it.
 */
export async function installExample(example) {
  const stamp = join(example.folder, "node_modules", ".countersign-example")
  const wanted = fingerprint(example)
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  const locked = await run(["npm", "ci", ...flags], { cwd: example.folder })
  if (locked.code !== 0) {
    // npm install would keep the copies that it finds.
    rmSync(join(example.folder, "node_modules", "@countersign"), { recursive: true, force: true })
    const pinned = await run(["npm", "install", "--no-save", ...flags], { cwd: example.folder })
    if (pinned.code !== 0) throw new Error(`npm ci:\n${locked.text}\n\nnpm install:\n${pinned.text}`)
  }
  writeFileSync(stamp, wanted)
}

/** Runs the example's own build. */
export async function buildExample(example, env) {
  if (example.build === undefined) return
  const { code, text } = await run(example.build, { cwd: example.folder, env })
  if (code !== 0) throw new Error(text)
}
