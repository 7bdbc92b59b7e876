/** The door over a whole server in memory, as its clients see it. */
import {
  type Answer,
  startTestServer,
  type TestClient,
  type TestMail,
  type TestServer,
  type TestServerOptions,
} from "countersign/testing"

export const password = "Mellow-Harbour#71"

export type Refused = {
  readonly status: number
  readonly detail?: string
  readonly errors?: Readonly<Record<string, readonly string[]>>
}
export type Tokens = { tokenType: string; accessToken: string; expiresIn: number; refreshToken: string }
export type TwoFactor = {
  sharedKey: string
  recoveryCodesLeft: number
  recoveryCodes: string[] | null
  isTwoFactorEnabled: boolean
  isMachineRemembered: boolean
}

export type Visitor = {
  readonly client: TestClient
  readonly post: <T = Refused>(path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer<T>>
  readonly get: <T = Refused>(path: string) => Promise<Answer<T>>
  /** `manage/2fa` */
  readonly twoFactor: (wish?: Record<string, unknown>) => Promise<Answer<TwoFactor & Refused>>
}

export type Identity = {
  readonly server: TestServer
  /** A browser without cookies, or a program with an access token. */
  readonly visitor: (bearer?: string) => Visitor
  /** A user with a confirmed address, made by an operator. */
  readonly person: (wanted?: {
    totp?: boolean
    confirmed?: boolean
    roles?: string[]
    email?: string
  }) => Promise<Person>
  /** To the next time step. */
  readonly nextStep: () => void
  /** What the app shows for a key, as the client's page hands it over. */
  readonly codeOf: (sharedKey: string) => string
  /** Turns the second factor on, and moves on to the next step. */
  readonly enable: (by: Visitor) => Promise<{ key: string; answer: Answer<TwoFactor & Refused> }>
  /** An address that nobody has. */
  readonly fresh: (name?: string) => string
  /** Oldest first. */
  readonly mailsTo: (address: string) => Promise<readonly TestMail[]>
  /** The newest mail that carries a link or a code of this door. */
  readonly newestTo: (address: string) => Promise<TestMail>
  /** Opens a mailed link in a browser of its own. */
  readonly open: (link: URL) => Promise<Answer<Refused>>
  /** @throws Error when the server met something that it did not expect. */
  readonly close: () => Promise<void>
}

export type Person = {
  readonly id: string
  readonly email: string
  /** The code of the app now. */
  readonly code: () => string
  readonly credentials: { readonly email: string; readonly password: string }
  /** A browser that is signed in, with the app's code where there is one; the clock moves on to the next step. */
  readonly browser: (query?: string) => Promise<Visitor>
  readonly tokens: () => Promise<Tokens>
}

export const startIdentity = async (options: TestServerOptions = {}): Promise<Identity> => {
  const server = await startTestServer({ profile: "aspnet-identity", ...options })
  const visitor = (bearer?: string): Visitor => {
    const client = server.client({ bearer })
    const post: Visitor["post"] = async (path, body, headers) => await client.post(`/identity/${path}`, body, headers)
    return {
      client,
      post,
      get: async (path) => await client.get(`/identity/${path}`),
      twoFactor: async (wish = {}) => await post("manage/2fa", wish),
    }
  }
  const codeOf = (sharedKey: string): string =>
    server.authenticator.scan(`otpauth://totp/App:me?secret=${sharedKey}&issuer=App&digits=6`).code()
  let addresses = 0
  const nextStep = (): void => server.clock.advance(30)
  return {
    server,
    visitor,
    nextStep,
    async person(wanted = {}) {
      const made = await server.createUser({ password, confirmed: true, ...wanted })
      const { id, email } = made
      const app = wanted.totp ? made.app : undefined
      const credentials = { email, password }
      const code = (): string => app?.code() ?? ""
      const login = async (by: Visitor, query: string) => {
        if (app) nextStep()
        const answer = await by.post<Tokens>(`login${query}`, { ...credentials, ...(app && { twoFactorCode: code() }) })
        if (app) nextStep()
        if (answer.status !== 200) throw new Error(`not signed in: ${answer.text}`)
        return answer
      }
      return {
        id,
        email,
        code,
        credentials,
        async browser(query = "?useCookies=true") {
          const browser = visitor()
          await login(browser, query)
          return browser
        },
        tokens: async () => (await login(visitor(), "")).json,
      }
    },
    codeOf,
    async enable(by) {
      const key = (await by.twoFactor()).json.sharedKey
      const answer = await by.twoFactor({ enable: true, twoFactorCode: codeOf(key) })
      if (answer.status !== 200) throw new Error(`not turned on: ${answer.text}`)
      nextStep()
      return { key, answer }
    },
    fresh: (name = "ann") => `${name}${String(++addresses)}@example.com`,
    mailsTo: async (address) => (await server.mails.to(address)).toReversed(),
    async newestTo(address) {
      const found = (await server.mails.to(address)).find(({ subject }) => /^(Confirm|Reset) your/.test(subject))
      if (found === undefined) throw new Error(`no mail with a link or a code to ${address}`)
      return found
    },
    open: async (link) => await server.client().get(`/identity/confirmEmail${link.search}`),
    async close() {
      await server.close()
      if (server.reports.length > 0) throw new Error(server.reports.join("\n"))
    },
  }
}

export const wrongCode = (code: string): string => (code === "000000" ? "000001" : "000000")

/** Whether it is on, how many codes are left, and how many the answer shows. */
export const stateOf = ({ json }: { json: TwoFactor }) => [
  json.isTwoFactorEnabled,
  json.recoveryCodesLeft,
  json.recoveryCodes?.length ?? null,
]

/** What a mail's first anchor leads to. */
export const linkIn = ({ html }: { html: string }): URL =>
  new URL((/href="([^"]+)"/.exec(html)?.[1] ?? "").replaceAll("&amp;", "&"))

export const codeIn = ({ text }: { text: string }): string => /code: (\S+)/.exec(text)?.[1] ?? ""

/** The cookie of a name, as the answer sets it. */
export const cookieOf = (answer: Answer<unknown>, name: "session" | "device"): string | undefined =>
  answer.headers
    .getSetCookie()
    .find((line) => line.startsWith(name === "session" ? "countersign=" : `countersign-${name}=`))

/** What an answer came to, in one line: `401 Failed`, `400 InvalidEmail`, `400` for a bare one. */
export const said = ({ status, json, text }: Answer<unknown>): string => {
  const { detail, errors } = (json ?? {}) as Refused
  return [String(status), detail ?? (errors ? Object.keys(errors).join(" ") : text === "" ? "" : "ok")]
    .filter(Boolean)
    .join(" ")
}
