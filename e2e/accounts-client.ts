import { startTestServer, type TestServer, type TestServerOptions } from "countersign/testing"
import { type MailServer, type ReceivedMail, startMailServer } from "./mail-server.ts"

export const clientOrigin = "http://localhost:4200"
export const password = "Mellow-Harbour#71"

/** What Angular's HttpClient sends along. */
const angularHeaders = { accept: "application/json, text/plain, */*", origin: clientOrigin }

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown
}

export type Accounts = {
  readonly server: TestServer
  readonly mail: MailServer
  readonly post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly get: (path: string, query?: Record<string, string>, headers?: Record<string, string>) => Promise<Answer>
  /** Lets everything that waits be sent, and gives what has come for the address, oldest first. */
  readonly mailsTo: (address: string) => Promise<readonly ReceivedMail[]>
  /** Registers and gives the answer, with an address of its own unless one is given. */
  readonly register: (change?: Record<string, unknown>) => Promise<{ email: string; answer: Answer }>
  /** An account that may sign in. With `mailedCode` its sign-in has a second step. */
  readonly account: (options?: { mailedCode?: boolean; roles?: string[] }) => Promise<{ email: string; id: string }>
  readonly login: (email: string, given?: string, change?: Record<string, unknown>) => Promise<Answer>
  readonly verify: (email: string, token: string, provider?: string) => Promise<Answer>
  /** The code of the newest mail. */
  readonly codeOf: (email: string) => Promise<string>
  readonly close: () => Promise<void>
}

/**
 * The whole server on a loopback port with a real mail server beside it, and a client of the two-step tutorial's kind.
 */
export async function startAccounts(options: TestServerOptions = {}): Promise<Accounts> {
  const mail = await startMailServer()
  const server = await startTestServer({
    listen: true,
    smtpUrl: mail.url,
    mailFrom: "Harbour <no-reply@harbour.example>",
    issuer: "Harbour",
    allowedOrigins: [clientOrigin],
    ...options,
  })
  let made = 0
  const freshAddress = () => `person${String(++made)}.${crypto.randomUUID().slice(0, 8)}@example.org`
  const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" } } as const

  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${server.url}/api/accounts/${path}`, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }
  const post: Accounts["post"] = (path, body, headers = {}) =>
    send(path, {
      method: "POST",
      headers: { ...angularHeaders, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
  const mailsTo: Accounts["mailsTo"] = async (address) => {
    await server.countersign.flushMail()
    return mail.to(address)
  }

  return {
    server,
    mail,
    post,
    get: (path, query = {}, headers = {}) =>
      send(`${path}?${new URLSearchParams(query).toString()}`, { headers: { ...angularHeaders, ...headers } }),
    mailsTo,
    async register(change = {}) {
      const email = typeof change["email"] === "string" ? change["email"] : freshAddress()
      const answer = await post("registration", {
        firstName: "Ann",
        lastName: "Lee",
        email,
        password,
        confirmPassword: password,
        clientURI: `${clientOrigin}/authentication/emailconfirmation`,
        ...change,
      })
      return { email, answer }
    },
    async account({ mailedCode = false, roles = ["Viewer"] } = {}) {
      const email = freshAddress()
      const { id } = await server.engine.users.create(operator, { email, password, emailConfirmed: true, roles })
      if (mailedCode) await server.engine.factors.add({ ...operator, userId: id }, { kind: "email-code" })
      return { email, id }
    },
    login: (email, given = password, change = {}) =>
      post("login", { email, password: given, clientURI: `${clientOrigin}/authentication/forgotpassword`, ...change }),
    verify: (email, token, provider = "Email") => post("twostepverification", { email, provider, token }),
    async codeOf(email) {
      const code = /^\s*(\d{6})\s*$/m.exec((await mailsTo(email)).at(-1)?.text ?? "")?.[1]
      if (code === undefined) throw new Error("the newest mail has no code")
      return code
    },
    async close() {
      await server.close()
      await mail.close()
    },
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The link that stands in a mail, with what its query carries. */
export const linkIn = (mail: ReceivedMail | undefined): { url: URL; token: string; email: string } => {
  const link = /https?:\/\/\S+[?&]token=\S+/.exec(mail?.text ?? "")?.[0]
  if (link === undefined) throw new Error("the mail has no link")
  const url = new URL(link)
  return { url, token: url.searchParams.get("token") ?? "", email: url.searchParams.get("email") ?? "" }
}

export const wrongCode = (code: string): string => (code === "000000" ? "000001" : "000000")
