/** Holds the plan of the house: who may import whom, no cycle, no file whose name says nothing. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"

const packages = fileURLToPath(new URL("../..", import.meta.url))
const repository = join(packages, "..")

type Import = { readonly from: string; readonly to: string; readonly typeOnly: boolean }

const filesUnder = (folder: string): string[] =>
  readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs|js)$/.test(entry.name))
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !/(^|\/)(node_modules|dist)\//.test(path))

const sources = ["server", "client", "react"].flatMap((name) => filesUnder(`packages/${name}/src`))
/** What only tests run: suites that other tests call, and servers that they start. */
const isForTests = (path: string): boolean =>
  /(\.test(-d)?|-for-tests|-suite)\.tsx?$/.test(path) || path.endsWith("/store/contract.ts")
const code = sources.filter((path) => !isForTests(path))

const statement = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm
const dynamic = /\bimport\(\s*["']([^"']+)["']\s*\)/g

/** Only what starts a line is an import: a comment or a text in the middle of one is not. */
const importsOf = (from: string): Import[] => {
  const text = readFileSync(join(repository, from), "utf8")
  const resolve = (specifier: string): string =>
    specifier.startsWith(".") ? join(dirname(from), specifier).split(sep).join("/") : specifier
  return [
    ...[...text.matchAll(statement)].map(([whole, typed, specifier = ""]) => ({
      from,
      to: resolve(specifier),
      typeOnly: typed !== undefined || onlyTypes(whole),
    })),
    ...[...text.matchAll(dynamic)].map(([, specifier = ""]) => ({ from, to: resolve(specifier), typeOnly: false })),
  ]
}

/** `import { type A, type B } from …` */
const onlyTypes = (line: string): boolean => {
  const names =
    /\{([^}]*)\}/
      .exec(line)?.[1]
      ?.split(",")
      .map((name) => name.trim())
      .filter(Boolean) ?? []
  return names.length > 0 && !/^import\s+\w/.test(line) && names.every((name) => name.startsWith("type "))
}

const imports = code.flatMap(importsOf)
const server = "packages/server/src/"
const said = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} → ${to}`)
/** Imports of files that begin with `from`, without those that one of the patterns allows. */
const outside = (from: string, allowed: readonly RegExp[]): string[] =>
  said(
    imports.filter(
      (one) => one.from.startsWith(`${server}${from}`) && !allowed.some((pattern) => pattern.test(one.to)),
    ),
  )
const inServer = (path: string): RegExp => new RegExp(`^${server}${path}`)

test("the engine knows no door, no driver, no clock and no file", () => {
  expect(
    outside("engine/", [
      inServer("engine/"),
      inServer("store/database\\.ts$"),
      /^node:(crypto|util|timers\/promises|os)$/,
      /^(@node-rs\/argon2|@simplewebauthn\/server(\/.*)?|qr|fast-png|jose)$/,
    ]),
  ).toEqual([])
})

test("the engine reads no clock, no environment and prints nothing", () => {
  const found = code
    .filter((path) => path.startsWith(`${server}engine/`))
    .flatMap((path) =>
      readFileSync(join(repository, path), "utf8")
        .split("\n")
        .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
        .filter((line) =>
          /\bDate\.now\b|\bnew Date\(\)|\bprocess\.(env|argv)\b|\bconsole\.|\bMath\.random\b/.test(line),
        )
        .map((line) => `${path}: ${line.trim()}`),
    )
  expect(found).toEqual([])
})

test("a kind of factor knows no other kind, no sign-in and no session", () => {
  for (const kind of ["totp", "email-code", "passkey"])
    expect(
      outside(`engine/factors/${kind}/`, [
        inServer(`engine/factors/${kind}/`),
        inServer("engine/factors/[a-z-]+\\.ts$"),
        inServer("engine/(vault|tokens|errors|settings|context|engine|outbox)\\.ts$"),
        inServer("store/database\\.ts$"),
        /^node:crypto$/,
        /^(@simplewebauthn\/server(\/.*)?|qr|fast-png)$/,
      ]),
    ).toEqual([])
})

test("policy is pure: it imports types alone", () => {
  expect(
    said(
      imports.filter(
        (one) =>
          one.from.startsWith(`${server}engine/policy/`) &&
          !one.typeOnly &&
          !one.to.startsWith(`${server}engine/policy/`),
      ),
    ),
  ).toEqual([])
})

test("the store knows its drivers and nothing of the engine", () => {
  expect(outside("store/", [inServer("store/"), /^node:/, /^pg$/])).toEqual([])
})

test("messages know the outbox's table, types of the engine, and the mail library", () => {
  const wrong = imports.filter(
    ({ from, to, typeOnly }) =>
      from.startsWith(`${server}messages/`) &&
      ![inServer("messages/"), inServer("store/database\\.ts$"), /^node:/, /^nodemailer$/].some((one) =>
        one.test(to),
      ) &&
      !(typeOnly && to.startsWith(`${server}engine/`)),
  )
  expect(said(wrong)).toEqual([])
})

test("http knows the engine's door and errors, and no dialect or page", () => {
  expect(
    outside("http/", [
      inServer("http/"),
      inServer("engine/(engine|errors)\\.ts$"),
      inServer("store/database\\.ts$"),
      /^node:/,
      /^(hono|@hono\/node-server)(\/.*)?$/,
    ]),
  ).toEqual([])
})

test("a dialect knows http, the engine's door and errors, and no other dialect", () => {
  const names = [
    ...new Set(
      code
        .map((path) => /^packages\/server\/src\/dialects\/([^/]+)\//.exec(path)?.[1])
        .filter((name) => name !== undefined),
    ),
  ]
  for (const name of names)
    expect(
      outside(`dialects/${name}/`, [
        inServer(`dialects/${name}/`),
        inServer("dialects/dialect\\.ts$"),
        inServer("http/"),
        inServer("engine/(engine|errors)\\.ts$"),
        /^node:(crypto|url|querystring)$/,
        /^(hono|zod|@hono\/zod-openapi|jose|fast-png|qr)(\/.*)?$/,
      ]),
    ).toEqual([])
})

test("pages know http, the engine's door and errors", () => {
  expect(
    outside("pages/", [
      inServer("pages/"),
      inServer("http/"),
      inServer("engine/(engine|errors)\\.ts$"),
      /^node:(crypto|fs|url|path|zlib)$/,
      /^qr$/,
      /^hono(\/.*)?$/,
    ]),
  ).toEqual([])
})

test("the command line and the testing kit know the composition root, the configuration, the store and public types", () => {
  for (const folder of ["cli/", "testing/"]) {
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        from.startsWith(`${server}${folder}`) &&
        // The engine's own tests need an engine alone.
        from !== `${server}testing/engine.ts` &&
        to.startsWith(server) &&
        ![
          folder,
          "countersign\\.ts$",
          "composition/",
          "config(\\.ts$|/)",
          "store/",
          "engine/(engine|errors)\\.ts$",
          "messages/",
        ].some((one) => inServer(one).test(to)) &&
        !typeOnly,
    )
    expect(said(wrong)).toEqual([])
  }
})

test("only the public door, the command line and the testing kit know the composition root", () => {
  const roots = [inServer("countersign\\.ts$"), inServer("composition/")]
  const users = [...roots, inServer("index\\.ts$"), inServer("cli/"), inServer("testing/")]
  expect(
    said(imports.filter(({ from, to }) => roots.some((one) => one.test(to)) && !users.some((one) => one.test(from)))),
  ).toEqual([])
})

test("the environment is read in one place", () => {
  const readers = code
    .filter((path) => path.startsWith(server))
    .filter((path) => /\bprocess\.env\b/.test(readFileSync(join(repository, path), "utf8")))
  expect(readers).toEqual([`${server}config/read.ts`])
})

test("the client stands alone, and react stands on the client", () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      (from.startsWith("packages/client/") && !to.startsWith("packages/client/")) ||
      (from.startsWith("packages/react/") &&
        !to.startsWith("packages/react/") &&
        !/^(@countersign\/client|react|react-dom|next|expo|react-native)(\/.*|-.*)?$/.test(to)),
  )
  expect(said(wrong.filter(({ from }) => !from.includes("/testing/")))).toEqual([])
})

test("examples and end-to-end tests use published names and HTTP", () => {
  const outer = ["examples", "e2e"].flatMap((folder) => {
    try {
      return filesUnder(folder)
    } catch {
      return []
    }
  })
  const wrong = outer.flatMap(importsOf).filter(({ to }) => /^packages\/[a-z]+\/src\//.test(to))
  expect(said(wrong)).toEqual([])
})

test("no import goes in a circle", () => {
  const next = new Map<string, string[]>()
  // A type leaves no trace when the program runs.
  for (const { from, to, typeOnly } of imports) if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to])
  const done = new Set<string>()
  const circles: string[] = []
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" → "))
    else if (!done.has(path)) {
      for (const to of next.get(path) ?? []) walk(to, [...way, path])
      done.add(path)
    }
  }
  for (const path of next.keys()) walk(path, [])
  expect(circles).toEqual([])
})

test("no file or folder has a name that says nothing", () => {
  const empty = /^(utils?|helpers?|common|misc|shared|types?|managers?)(\.|$)/i
  const named = [...sources, ...filesUnder("scripts"), ...filesUnder("e2e"), ...filesUnder("bench")]
  expect(named.filter((path) => path.split("/").some((part) => empty.test(part)))).toEqual([])
})

test("a package has one index, its public door", () => {
  expect(
    code.filter((path) => /\/index\.tsx?$/.test(path) && !/^packages\/[a-z]+\/src\/([a-z]+\/)?index\.tsx?$/.test(path)),
  ).toEqual([])
})

test("no file is longer than 300 lines, but for lists", () => {
  const lists = [
    "config.ts",
    "engine/engine.ts",
    "migrations/",
    "common-passwords.ts",
    "common-words.ts",
    "texts/",
    "schemas.ts",
  ]
  const long = sources
    .filter((path) => !isForTests(path) && !lists.some((name) => path.includes(name)))
    .map((path) => [path, readFileSync(join(repository, path), "utf8").split("\n").length] as const)
    .filter(([, lines]) => lines > 301)
  expect(long).toEqual([])
})
