import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"

const run = promisify(execFile)
const root = fileURLToPath(new URL("../../../", import.meta.url))
const bin = (name: string): string => join(root, "node_modules/.bin", name)
const names = ["client", "react"] as const
let folder = ""

/** What would be published: built from nothing in a place of its own, and packed as npm packs it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-pack-"))
  await cp(join(root, "tsconfig.base.json"), join(folder, "tsconfig.base.json"))
  await mkdir(join(folder, "node_modules/@countersign"), { recursive: true })
  for (const name of ["@types", "react", "react-dom"])
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name))
  for (const name of names) {
    for (const part of ["src", "package.json", "tsconfig.build.json"])
      await cp(join(root, "packages", name, part), join(folder, "packages", name, part), { recursive: true })
    await symlink(join(folder, "packages", name), join(folder, "node_modules/@countersign", name))
  }
  await run(process.execPath, [bin("tsc"), "-b", "packages/react/tsconfig.build.json"], { cwd: folder })
  for (const name of names)
    await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: join(folder, "packages", name) })
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

for (const name of names) {
  const tarball = (): string => join(folder, `countersign-${name}-0.1.0.tgz`)

  test(`@countersign/${name}: publint has nothing to say`, async () => {
    const { stdout } = await run(process.execPath, [bin("publint"), tarball(), "--strict"], { cwd: folder })
    expect(stdout).toContain("All good!")
  }, 60_000)

  test(`@countersign/${name}: the types resolve wherever an app resolves them`, async () => {
    // It fails where anything is wrong: CommonJS and the oldest resolution are none of our ways.
    const attw = await run(process.execPath, [bin("attw"), tarball(), "--profile", "esm-only", "--no-color"])
    expect(attw.stdout).toMatch(/bundler[^\n]*🟢/)
  }, 60_000)

  test(`@countersign/${name}: no test is published`, async () => {
    const { stdout } = await run("tar", ["-tzf", tarball()])
    expect(stdout.split("\n").filter((path) => /test/.test(path))).toEqual([])
    expect(stdout).toContain("package/dist/index.js\n")
    expect(stdout).toContain("package/dist/index.d.ts\n")
  })
}

test("what runs in a browser says so first, and what runs on a server does not", async () => {
  const first = async (name: string): Promise<string | undefined> =>
    (await readFile(join(folder, "packages/react/dist", name), "utf8")).split("\n")[0]
  const pages = ["index.js", "clerk.js", "dynamic.js", "signals.js", "expo.js"]
  expect(await Promise.all(pages.map(first))).toEqual(pages.map(() => '"use client";'))
  expect(await first("next.js")).not.toContain("use client")
})
