/** A server process of its own, and people in front of its `/api/2.0`: with keys, passwords and phones. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createAuthenticator, type ScannedAccount } from "countersign/testing"
import { command, commandWithInput, freePort, type ServerProcess, startServer } from "./server-process.ts"

export type Envelope = {
  readonly response?: unknown
  readonly count?: number
  readonly links?: readonly { readonly href: string; readonly action: string }[]
  readonly error?: { readonly message: string }
  readonly status: number
  readonly statusCode: number
}
export type Answer<T = Envelope> = {
  readonly status: number
  readonly headers: Headers
  readonly json: T
  readonly text: string
}

export type Method = "GET" | "POST" | "PUT" | "DELETE"

/** Somebody who calls: a script with a bearer, or a browser that keeps its cookies. */
export type Caller = {
  readonly ask: (method: Method, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly put: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly delete: (path: string) => Promise<Answer>
  readonly cookies: Map<string, string>
}

export type Person = { readonly id: string; readonly email: string; readonly password: string; readonly key: string }

export type Portal = {
  readonly url: string
  readonly environment: Record<string, string>
  /** `base` in place of the URL's own. Paths that begin with `/v1` or the like stand beside `/api/2.0`. */
  readonly caller: (options?: { bearer?: string; base?: string }) => Caller
  /** Makes a person with the command line: with a password, and a key that may do everything. */
  readonly personByCommand: (options?: { roles?: readonly string[] }) => Promise<Person>
  /** The same over HTTP, which is quicker: made by a service, the key by the person. */
  readonly person: () => Promise<Person>
  readonly keyOf: (email: string, scopes?: string) => Promise<string>
  /** A phone that has scanned what the set-up shows. */
  readonly phone: (script: Caller) => Promise<ScannedAccount>
  /** A phone whose app is linked; its code of half a minute ago is spent. */
  readonly linked: (script: Caller) => Promise<ScannedAccount>
  readonly close: () => Promise<void>
}

export const password = "Mellow-Harbour#71"
export const wrong = (code: string): string => (code === "000000" ? "000001" : "000000")

/** Waits out the end of a time step, so that a code of the step before is still good when it arrives. */
export const earlyInStep = async (): Promise<void> => {
  const left = 30_000 - (Date.now() % 30_000)
  if (left < 3_000) await new Promise((resolve) => setTimeout(resolve, left + 50))
}

const authenticator = createAuthenticator(Date.now)

/** The phone that holds this key. */
export const phoneWith = (secret: string): ScannedAccount => authenticator.scan(`otpauth://totp/x?secret=${secret}`)

const phone: Portal["phone"] = async (script) => {
  const { json } = await script.get("/settings/tfaapp/setup")
  return phoneWith((json.response as { manualEntryKey: string }).manualEntryKey)
}

export async function startPortal(options: Record<string, string> & { prefix?: string } = {}): Promise<Portal> {
  const { prefix = "", ...settings } = options
  const folder = mkdtempSync(join(tmpdir(), "countersign-docspace-"))
  const port = await freePort()
  const environment = {
    COUNTERSIGN_PORT: String(port),
    COUNTERSIGN_PUBLIC_URL: `http://127.0.0.1:${port}${prefix}`,
    COUNTERSIGN_DATABASE_URL: `sqlite:${join(folder, "data.sqlite")}`,
    COUNTERSIGN_ISSUER: "Harbour",
    // Every test comes from one address.
    COUNTERSIGN_ADDRESS_LIMITS: "off",
    COUNTERSIGN_LOG_LEVEL: "error",
    ...settings,
  }
  const server: ServerProcess = await startServer(environment)
  const url = `${server.url}${prefix}`
  const keyOf: Portal["keyOf"] = async (email, scopes) =>
    await command(
      environment,
      "api-keys",
      "create",
      "--user",
      email,
      ...(scopes === undefined ? [] : ["--scopes", scopes]),
    )
  const serviceKey = await command(environment, "api-keys", "create", "--service", "test", "--scopes", "users:write")
  let made = 0
  return {
    url,
    environment,
    keyOf,
    phone,
    caller: ({ bearer, base = url } = {}) => callerAt(base, bearer),
    async personByCommand({ roles = [] } = {}) {
      const email = `person${String(++made)}@example.org`
      const about = ["users", "create", "--email", email, "--confirmed", "--password-stdin"]
      const asked = roles.length === 0 ? [] : ["--role", ...roles]
      const id = await commandWithInput(`${password}\n`, environment, ...about, ...asked)
      return { id, email, password, key: await keyOf(email) }
    },
    async person() {
      const email = `person${String(++made)}@example.org`
      const user = await callerAt(url, serviceKey).post("/v1/users", { email, password, emailConfirmed: true })
      const browser = callerAt(url, undefined)
      await browser.post("/authentication", { userName: email, password })
      const { json } = await browser.post("/keys", { name: "script" })
      const { key } = json.response as { key: string }
      return { id: (user.json as unknown as { id: string }).id, email, password, key }
    },
    async linked(script) {
      const scanned = await phone(script)
      await earlyInStep()
      const { json } = await script.post("/settings/tfaapp/validate", { code: scanned.code(-30) })
      if (json.response !== true) throw new Error(`not linked: ${JSON.stringify(json)}`)
      return scanned
    },
    async close() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const callerAt = (base: string, bearer: string | undefined): Caller => {
  const cookies = new Map<string, string>()
  const { origin } = new URL(base)
  const send: Caller["ask"] = async (method, path, body, more = {}) => {
    const beside = /^\/(v1|identity|account|api)\//.test(path)
    const response = await fetch(`${base}${beside ? "" : "/api/2.0"}${path}`, {
      method,
      redirect: "manual",
      headers: {
        accept: "application/json",
        // Scripts send it with every request, also with those that have no body.
        "content-type": "application/json",
        ...(bearer === undefined ? { origin } : { authorization: `Bearer ${bearer}` }),
        ...(cookies.size > 0 && { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") }),
        ...more,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/s)
      if (/max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) as Envelope }
  }
  return {
    cookies,
    ask: send,
    get: (path, headers = {}) => send("GET", path, undefined, headers),
    post: (path, body, headers = {}) => send("POST", path, body, headers),
    put: (path, body, headers = {}) => send("PUT", path, body, headers),
    delete: (path) => send("DELETE", path, undefined, {}),
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
