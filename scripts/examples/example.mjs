// What an example says about itself in its example.json, which names only what differs from nothing:
//
//   needs        programs without which its walk can't be made: "browser", "oathtool", "zbarimg", "python3"
//   server       options of its Countersign, as environment variables
//   environment  variables of the app, when it is built and when it runs
//   build        how the app is built              [program, argument, …], in the example's folder
//   app          how the built app is served
//   develop      how the app runs while somebody works on it; it is walked through as well
//   walk         a program, or several, that use it and end with a failure where it does not do what it should
//
// {app} and {countersign} stand for the addresses of the two, {port} for the app's port.
// The app is also given COUNTERSIGN_SERVICE_KEY, for a server of its own.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))
const folder = join(root, "examples")

/** The examples that can be run, by name. */
export function exampleNames() {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "example.json")))
    .toSorted()
}

export function readExample(name) {
  const own = join(folder, name)
  const said = JSON.parse(readFileSync(join(own, "example.json"), "utf8"))
  const { needs = [], server = {}, environment = {}, build, app, develop, walk } = said
  const walks = walk === undefined ? [] : typeof walk[0] === "string" ? [walk] : walk
  const installs = existsSync(join(own, "package.json")) && hasDependencies(join(own, "package.json"))
  return { name, folder: own, needs, server, environment, build, app, develop, walks, installs }
}

const hasDependencies = (file) => {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, "utf8"))
  return Object.keys(dependencies).length + Object.keys(devDependencies).length > 0
}

/** Puts the addresses of a run into what the example says. */
export const filledIn = (said, places) =>
  JSON.parse(
    JSON.stringify(said ?? null).replace(/\{(app|countersign|port)\}/g, (_, name) => String(places[name] ?? "")),
  ) ?? undefined
