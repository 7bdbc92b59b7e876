/** A server as a process, a mail server beside it, and browsers as the Blazor sample's: for tests of `/identity`. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Secret, TOTP } from "otpauth"
import { type MailServer, type ReceivedMail, startMailServer } from "./mail-server.ts"
import { command, freePort, startServer } from "./server-process.ts"

/** Where the sample's front end stands. */
export const appOrigin = "http://localhost:5002"
export const password = "Passw0rd!"

export type Answer<T = Record<string, unknown>> = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: T
  readonly cookies: readonly string[]
}
export type Tokens = { tokenType: string; accessToken: string; expiresIn: number; refreshToken: string }
export type TwoFactor = {
  sharedKey: string
  recoveryCodesLeft: number
  recoveryCodes: string[] | null
  isTwoFactorEnabled: boolean
  isMachineRemembered: boolean
}

export type Sending = {
  readonly method?: string
  /** Text is sent as it stands, anything else as JSON. */
  readonly body?: unknown
  /** Null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>
}

/** One browser with its cookies, on the app's pages; or a program with a bearer. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #url: string
  readonly #bearer: string | undefined

  constructor(url: string, bearer?: string) {
    this.#url = url
    this.#bearer = bearer
  }

  async send<T = Record<string, unknown>>(path: string, sending: Sending = {}): Promise<Answer<T>> {
    const { method = sending.body === undefined ? "GET" : "POST", body } = sending
    const headers = new Headers({ "x-requested-with": "XMLHttpRequest", origin: appOrigin })
    if (body !== undefined) headers.set("content-type", "application/json; charset=utf-8")
    if (this.#bearer !== undefined) headers.set("authorization", `Bearer ${this.#bearer}`)
    if (this.cookies.size > 0) headers.set("cookie", [...this.cookies].map((pair) => pair.join("=")).join("; "))
    for (const [name, value] of Object.entries(sending.headers ?? {}))
      if (value === null) headers.delete(name)
      else headers.set(name, value)
    // A Blob without a type is sent without one, where a text would get one of its own.
    const text = typeof body === "string" ? body : JSON.stringify(body)
    const response = await fetch(`${this.#url}/${path}`, {
      method,
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body: new Blob([text]) }),
    })
    const cookies = response.headers.getSetCookie()
    for (const line of cookies) this.#keep(line)
    const answer = await response.text()
    return { status: response.status, headers: response.headers, text: answer, json: parsed(answer) as T, cookies }
  }

  get = async <T = Record<string, unknown>>(path: string): Promise<Answer<T>> => await this.send<T>(path)
  post = async <T = Record<string, unknown>>(path: string, body: unknown = {}): Promise<Answer<T>> =>
    await this.send<T>(path, { body })
  twoFactor = async (wish: object = {}): Promise<Answer<TwoFactor>> => await this.post<TwoFactor>("manage/2fa", wish)

  #keep(line: string): void {
    const [pair = ""] = line.split(";")
    const equals = pair.indexOf("=")
    if (/;\s*max-age=0/i.test(line)) this.cookies.delete(pair.slice(0, equals))
    else this.cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type Identity = {
  /** Without the door's prefix. */
  readonly url: string
  readonly mail: MailServer
  readonly browser: (bearer?: string) => Browser
  /** Runs one command of the command line beside the server. */
  readonly cli: (...args: string[]) => Promise<string>
  /** Registers, and gives the credentials. */
  readonly person: () => Promise<Credentials>
  /** Waits for the newest mail of a subject. */
  readonly mailTo: (address: string, subject: RegExp) => Promise<ReceivedMail>
  readonly close: () => Promise<void>
}
export type Credentials = { readonly email: string; readonly password: string }

export const startIdentity = async (settings: Record<string, string> = {}): Promise<Identity> => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-identity-"))
  const mail = await startMailServer()
  const port = String(await freePort())
  const environment = {
    COUNTERSIGN_PORT: port,
    COUNTERSIGN_DATABASE_URL: `sqlite:${join(folder, "data.sqlite")}`,
    COUNTERSIGN_SMTP_URL: mail.url,
    COUNTERSIGN_PROFILE: "aspnet-identity",
    COUNTERSIGN_ALLOWED_ORIGINS: appOrigin,
    COUNTERSIGN_ADDRESS_LIMITS: "off",
    COUNTERSIGN_PASSWORD_HASH_MEMORY: "1024",
    COUNTERSIGN_PASSWORD_HASH_PASSES: "1",
    COUNTERSIGN_LOG_LEVEL: "error",
    ...settings,
  }
  const server = await startServer(environment)
  const browser = (bearer?: string) => new Browser(`${server.url}/identity`, bearer)
  return {
    url: server.url,
    mail,
    browser,
    cli: async (...args) => await command(environment, ...args),
    async person() {
      const email = `${crypto.randomUUID().slice(0, 13)}@contoso.com`
      const { status } = await browser().post("register", { email, password })
      if (status !== 200) throw new Error(`not registered: ${String(status)}`)
      return { email, password }
    },
    async mailTo(address, subject) {
      const end = Date.now() + 10_000
      for (;;) {
        const found = mail.to(address).findLast((one) => subject.test(one.subject))
        if (found) return found
        if (Date.now() > end) throw new Error(`no mail ${String(subject)} to ${address}`)
        // oxlint-disable-next-line no-await-in-loop -- asks again and again
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async close() {
      await server.stop()
      await mail.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The code of a key now, or some time steps away. */
export const codeOf = (sharedKey: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(sharedKey) }).generate({ timestamp: Date.now() + steps * 30_000 })

export const wrongCode = (sharedKey: string): string => {
  const near = new Set([-2, -1, 0, 1, 2].map((steps) => codeOf(sharedKey, steps)))
  return ["000000", "000001", "000002", "000003", "000004", "000005"].find((code) => !near.has(code)) ?? ""
}

/** Waits until the time step has some seconds left, so that what follows happens within it. */
export const earlyInStep = async (): Promise<void> => {
  const left = 30_000 - (Date.now() % 30_000)
  if (left < 6_000) await new Promise((resolve) => setTimeout(resolve, left + 50))
}

/**
 * Turns the second factor on with the code of the step before, so that those of this step and the next are still to be
 * spent.
 */
export const enable = async (by: Browser): Promise<{ key: string; answer: Answer<TwoFactor> }> => {
  await earlyInStep()
  const key = (await by.twoFactor()).json.sharedKey
  const answer = await by.twoFactor({ enable: true, twoFactorCode: codeOf(key, -1) })
  if (answer.status !== 200) throw new Error(`not turned on: ${answer.text}`)
  return { key, answer }
}

/** What an answer came to, in one line: `401 Failed`, `400 InvalidEmail`, `400` for a bare one. */
export const said = ({ status, json, text }: Answer<unknown>): string => {
  const { detail, errors } = (json ?? {}) as { detail?: string; errors?: object }
  const words = detail ?? (errors ? Object.keys(errors).join(" ") : text === "" ? "" : "ok")
  return `${String(status)} ${words}`.trim()
}

export const linkIn = ({ html }: { html: string }): URL =>
  new URL((/href="([^"]+)"/.exec(html)?.[1] ?? "").replaceAll("&amp;", "&"))
