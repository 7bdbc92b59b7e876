/** Every way in that the server has: how each door takes the first step and then a code. */
import type { Answer, TestClient, TestUser } from "countersign/testing"
import { credentials, type Ground, type Json } from "./ground.ts"
import { submitOn } from "./account-pages.ts"

export type Kind = "totp" | "recovery-code" | "email-code"

/** `in`: it gave a session, or a token of one. */
export type Outcome = { readonly in: boolean; readonly answer: Answer<unknown> }

export type FirstStep = {
  readonly answer: Answer<unknown>
  /** The password alone was enough. */
  readonly in: boolean
  /** Gives a code, in the way of the door. */
  readonly give: (code: string, kind?: Kind) => Promise<Outcome>
  /** What the browser or program holds after the first step. */
  readonly client: TestClient
}

export type WayIn = {
  readonly name: string
  /** A path that tells whether the door is there. */
  readonly probe: string
  readonly first: (
    who: Pick<TestUser, "email" | "password">,
    about?: { client?: TestClient; address?: string },
  ) => Promise<FirstStep>
}

const hasText = (name: string, json: unknown): boolean => {
  const value = (json as Json | null | undefined)?.[name]
  return typeof value === "string" && value !== ""
}
const hasJwt = ({ json }: Answer<unknown>): boolean => hasText("token", json)
const hasAccessToken = ({ json }: Answer<unknown>): boolean => hasText("accessToken", json)
const hasPortalToken = ({ status, json }: Answer<unknown>): boolean =>
  status < 300 && hasText("token", (json as Json | undefined)?.["response"])

const isComplete = (answer: Answer<unknown>): boolean => (answer.json as Json | undefined)?.["status"] === "complete"

export const waysIn = (ground: Ground): readonly WayIn[] => [
  {
    name: "native, by cookie",
    probe: "/v1/sign-in",
    async first(who, { address, client = ground.client({ address }) } = {}) {
      const answer = await client.post("/v1/sign-in", credentials(who))
      return {
        answer,
        client,
        in: isComplete(answer),
        async give(code, kind = "totp") {
          const given = await client.post("/v1/challenge/answer", { kind, answer: code })
          return { in: isComplete(given), answer: given }
        },
      }
    },
  },
  {
    name: "native, by bearer",
    probe: "/v1/sign-in",
    async first(who, { address } = {}) {
      const answer = await ground
        .client({ address })
        .post<Json>("/v1/sign-in", { ...credentials(who), session: "bearer" })
      const token = answer.json["token"]
      const client = ground.client({ address, bearer: typeof token === "string" ? token : "csc_none" })
      return {
        answer,
        client,
        in: isComplete(answer),
        async give(code, kind = "totp") {
          const given = await client.post("/v1/challenge/answer", { kind, answer: code })
          return { in: isComplete(given), answer: given }
        },
      }
    },
  },
  {
    name: "account pages",
    probe: "/account/sign-in",
    async first(who, { address, client = ground.client({ address }) } = {}) {
      const answer = await submitOn(client, "/account/sign-in", "/account/sign-in", credentials(who))
      const holds = (): boolean => client.cookies.has("countersign")
      return {
        answer,
        client,
        in: holds(),
        async give(code, kind = "totp") {
          const given = await submitOn(client, "/account/second-step", "/account/second-step", { kind, code })
          return { in: holds(), answer: given }
        },
      }
    },
  },
  {
    name: "accounts with JWT",
    probe: "/api/accounts/login",
    async first(who, { address } = {}) {
      const client = ground.client({ origin: null, address })
      const answer = await client.post<Json>("/api/accounts/login", credentials(who))
      return {
        answer,
        client,
        in: hasJwt(answer),
        async give(token, kind = "totp") {
          const provider = { totp: "Authenticator", "recovery-code": "RecoveryCode", "email-code": "Email" }[kind]
          const given = await client.post("/api/accounts/twostepverification", { email: who.email, provider, token })
          return { in: hasJwt(given), answer: given }
        },
      }
    },
  },
  {
    name: "Identity, by bearer",
    probe: "/identity/login",
    async first(who, { address } = {}) {
      const client = ground.client({ address })
      const login = async (more: Json): Promise<Answer<Json>> =>
        await client.post("/identity/login", { ...credentials(who), ...more })
      const answer = await login({})
      return {
        answer,
        client,
        in: hasAccessToken(answer),
        async give(code, kind = "totp") {
          const given = await login(
            kind === "recovery-code" ? { twoFactorRecoveryCode: code } : { twoFactorCode: code },
          )
          return { in: hasAccessToken(given), answer: given }
        },
      }
    },
  },
  {
    name: "Identity, by cookie",
    probe: "/identity/login",
    async first(who, { address, client = ground.client({ address }) } = {}) {
      const login = async (more: Json): Promise<Answer<Json>> =>
        await client.post("/identity/login?useSessionCookies=true", { ...credentials(who), ...more })
      const answer = await login({})
      return {
        answer,
        client,
        in: answer.status === 200,
        async give(code, kind = "totp") {
          const given = await login(
            kind === "recovery-code" ? { twoFactorRecoveryCode: code } : { twoFactorCode: code },
          )
          return { in: given.status === 200, answer: given }
        },
      }
    },
  },
  {
    name: "DocSpace",
    probe: "/api/2.0/authentication",
    async first({ email, password }, { address } = {}) {
      const client = ground.client({ address, origin: null })
      const send = async (path: string, more: Json): Promise<Answer<Json>> =>
        await client.post(`/api/2.0/authentication${path}`, { userName: email, password, ...more })
      const answer = await send("", {})
      return {
        answer,
        client,
        in: hasPortalToken(answer),
        async give(code) {
          const given = await send(`/${encodeURIComponent(code)}`, { code })
          return { in: hasPortalToken(given), answer: given }
        },
      }
    },
  },
]

/** Those whose door this server serves. A door that is not there answers 404 to everything. */
export const openWaysIn = async (ground: Ground): Promise<readonly WayIn[]> => {
  const ways = waysIn(ground)
  const there = await Promise.all(ways.map(async ({ probe }) => (await ground.client().post(probe, {})).status !== 404))
  return ways.filter((_, index) => there[index])
}
