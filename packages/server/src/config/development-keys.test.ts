import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { developmentKeys } from "./development-keys.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-keys-"))
afterAll(() => rmSync(folder, { recursive: true }))

test("keys are made once, readable by their owner alone, and read again at the next start", () => {
  const url = `sqlite:${join(folder, "a.sqlite")}`
  const made = developmentKeys(url)
  expect(made).toMatchObject({ made: true, file: join(folder, "a.sqlite.keys") })
  expect(statSync(made.file!).mode & 0o777).toBe(0o600)
  expect(made.ring[0]?.key).toHaveLength(32)
  expect(developmentKeys(url)).toEqual({ ...made, made: false })
})

test("two databases in one folder have keys of their own", () => {
  const [one, two] = ["one", "two"].map((name) => developmentKeys(`sqlite:${join(folder, name)}`))
  expect(one!.ring[0]!.key).not.toEqual(two!.ring[0]!.key)
})

test("the folder of our own is kept out of git", () => {
  developmentKeys(`sqlite:${join(folder, ".countersign", "countersign.sqlite")}`)
  expect(readFileSync(join(folder, ".countersign", ".gitignore"), "utf8")).toBe("*\n")
  expect(statSync(join(folder, ".countersign")).mode & 0o777).toBe(0o700)
})

test("a database in memory has keys in memory, new ones each time", () => {
  const [one, two] = [developmentKeys("sqlite::memory:"), developmentKeys("sqlite::memory:")]
  expect(one.file).toBeUndefined()
  expect(one.ring[0]!.key).not.toEqual(two.ring[0]!.key)
  expect(existsSync(":memory:.keys")).toBe(false)
})

test("a file that does not hold keys is refused and left as it is", () => {
  const file = join(folder, "bad.sqlite.keys")
  writeFileSync(file, "something else\n", { mode: 0o600 })
  expect(() => developmentKeys(`sqlite:${join(folder, "bad.sqlite")}`)).toThrow(/bad\.sqlite\.keys/)
  expect(readFileSync(file, "utf8")).toBe("something else\n")
})
