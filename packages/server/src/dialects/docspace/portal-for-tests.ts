/** A server in memory with people at this wire, whose clock is moved by hand. For tests. */
import { decode } from "fast-png"
import readQR from "qr/decode.js"
import type { ScannedAccount } from "../../testing/authenticator.ts"
import type { Answer, ClientOptions, TestClient } from "../../testing/client.ts"
import { startTestServer, type TestServer, type TestServerOptions, type TestUser } from "../../testing/testing.ts"

export type Envelope<T = unknown> = {
  readonly response?: T
  readonly count?: number
  readonly links?: readonly { href: string; action: string }[]
  readonly error?: { readonly message: string }
  readonly status: number
  readonly statusCode: number
}
export type Setup = { account: string; manualEntryKey: string; qrCodeSetupImageUrl: string }
export type Code = { isUsed: boolean; code: string }

export const api = "/api/2.0"
export const setupPath = `${api}/settings/tfaapp/setup`
export const validatePath = `${api}/settings/tfaapp/validate`

type Credentials = Pick<TestUser, "email" | "password">

export type Portal = TestServer & {
  readonly keyOf: (user: TestUser, scopes?: readonly string[]) => Promise<string>
  /** A script with a key of the user's. */
  readonly script: (user: TestUser, scopes?: readonly string[]) => Promise<TestClient>
  readonly setup: (script: TestClient) => Promise<ScannedAccount>
  /** Links an app with a key; the clock moves on to the next step. */
  readonly link: (script: TestClient) => Promise<ScannedAccount>
  readonly signIn: (user: Credentials, more?: object, options?: ClientOptions) => Promise<SignedIn>
  readonly signInWithCode: (user: Credentials, code: string, options?: ClientOptions) => Promise<SignedIn>
}
type SignedIn = Answer<
  Envelope<{ token?: string; expires?: string; tfa?: true; tfaKey?: string; confirmUrl?: string }>
> & {
  readonly browser: TestClient
}

export const startPortal = async (options: TestServerOptions = {}): Promise<Portal> => {
  const server = await startTestServer(options)
  const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" } } as const
  const keyOf: Portal["keyOf"] = async ({ id }, scopes) =>
    (await server.engine.apiKeys.create({ ...operator, userId: id }, { name: "script", scopes })).key
  const setup: Portal["setup"] = async (script) => {
    const { json } = await script.get<Envelope<Setup>>(setupPath)
    const { account = "", manualEntryKey = "" } = json.response ?? {}
    return server.authenticator.scan(`otpauth://totp/${encodeURIComponent(account)}?secret=${manualEntryKey}`)
  }
  return {
    ...server,
    async close() {
      await server.close()
      if (server.reports.length > 0) throw new Error(`the server reported: ${server.reports.join(", ")}`)
    },
    keyOf,
    script: async (user, scopes) => server.client({ bearer: await keyOf(user, scopes) }),
    setup,
    async link(script) {
      const app = await setup(script)
      const { json } = await script.post<Envelope>(validatePath, { code: app.code() })
      if (json.response !== true) throw new Error(`not linked: ${JSON.stringify(json)}`)
      server.clock.advance(30)
      return app
    },
    async signIn({ email, password }, more = {}, about = {}) {
      const browser = server.client(about)
      const body = { userName: email, password, ...more }
      return { ...(await browser.post<SignedIn["json"]>(`${api}/authentication`, body)), browser }
    },
    async signInWithCode({ email, password }, code, about = {}) {
      const browser = server.client(about)
      const body = { userName: email, password, code }
      return { ...(await browser.post<SignedIn["json"]>(`${api}/authentication/${code}`, body)), browser }
    },
  }
}

export const wrongCode = (code: string): string => (code === "000000" ? "000001" : "000000")

/** What a phone reads in the picture of a data URI. */
export const readPicture = (uri: string): string => {
  const { width, height, data } = decode(pngOf(uri))
  const pixels = new Uint8Array(width * height * 4)
  for (const [at, value] of Array.from(data).entries()) pixels.set([value, value, value, 255], at * 4)
  return readQR({ width, height, data: pixels })
}

export const pngOf = (uri: string): Uint8Array => {
  const start = "data:image/png;base64,"
  if (!uri.startsWith(start)) throw new Error("no PNG as a data URI")
  return Buffer.from(uri.slice(start.length), "base64")
}
