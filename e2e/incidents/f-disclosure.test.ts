import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer, TestUser } from "countersign/testing"
import { submitOn } from "./account-pages.ts"
import { callRoute, nativeRoutes, type Route } from "./every-route.ts"
import { credentials, type Ground, type Json, must, operator, type Person, startGround, wrongCode } from "./ground.ts"
import { openWaysIn, type WayIn } from "./ways-in.ts"

let ground: Ground
let ways: readonly WayIn[]
beforeAll(async () => {
  // The wires of two doors promise to tell of a taken address; an installation that wants none of that says so.
  ground = await startGround({ takenAddress: "silent" })
  ways = await openWaysIn(ground)
})
afterAll(() => ground.close())

/** What an answer shows, but for what differs by chance. */
const shapeOf = ({ status, headers, text }: Answer<unknown>, ...own: string[]): string => {
  const kept = [...headers].filter(([name]) => !["date", "set-cookie"].includes(name))
  const cookies = headers.getSetCookie().map((line) => line.replace(/=[^;]*/, "="))
  let body = text
  for (const typed of own) body = body.replaceAll(typed, "…")
  body = body.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id").replaceAll(/name="form" value="[^"]*"/g, "form")
  return JSON.stringify([status, kept, cookies.toSorted((a, b) => a.localeCompare(b)), body])
}

const nobody = (): { email: string; password: string } => ({
  email: `nobody-${crypto.randomUUID().slice(0, 8)}@example.com`,
  password: "a wrong pass phrase",
})

describe("whether an account exists", () => {
  type Kind = readonly [string, () => Promise<Pick<TestUser, "email">>]
  const kinds: readonly Kind[] = [
    ["with a password", () => ground.plain()],
    ["with a second factor", () => ground.person()],
    ["with an address that waits to be confirmed", () => ground.plain({ confirmed: false })],
    [
      "that is disabled",
      async () => {
        const who = await ground.plain()
        must(await ground.service.patch(`/v1/users/${who.id}`, { disabled: true }), 200)
        return who
      },
    ],
    [
      "without a password",
      async () => {
        const email = `bare-${crypto.randomUUID().slice(0, 8)}@example.com`
        await ground.server.engine.users.create(operator, { email, emailConfirmed: true })
        return { email }
      },
    ],
  ]

  test.each(kinds)(
    "is not told by a wrong password, a lock or a reset, at any door: one %s (F8)",
    async (_name, make) => {
      const known = await make()
      const unknown = nobody()
      for (const way of ways) {
        const [one, other] = [
          await way.first({ email: known.email, password: "a wrong pass phrase" }),
          await way.first({ email: unknown.email, password: "a wrong pass phrase" }),
        ]
        expect([way.name, shapeOf(one.answer, known.email)]).toEqual([way.name, shapeOf(other.answer, unknown.email)])
      }
      // Both are locked by now, and alike.
      for (const way of ways) {
        const [one, other] = [
          await way.first({ email: known.email, password: "a wrong pass phrase" }),
          await way.first({ email: unknown.email, password: "a wrong pass phrase" }),
        ]
        expect([way.name, shapeOf(one.answer, known.email)]).toEqual([way.name, shapeOf(other.answer, unknown.email)])
      }
      const asks: readonly (readonly [string, (email: string) => Promise<Answer<unknown>>])[] = [
        ["native", (email) => ground.client().post("/v1/password/forgot", { email })],
        ["native, again", (email) => ground.client().post("/v1/sign-up/resend", { email })],
        [
          "native, sign-up",
          (email) => ground.client().post("/v1/sign-up", { email, password: "Quite-A-Long-Phrase-7" }),
        ],
        ["pages", (email) => submitOn(ground.client(), "/account/forgot", "/account/forgot", { email })],
        [
          "pages, sign-up",
          (email) =>
            submitOn(ground.client(), "/account/sign-up", "/account/sign-up", {
              email,
              password: "Quite-A-Long-Phrase-7",
            }),
        ],
        [
          "accounts",
          (email) =>
            ground
              .client({ origin: null })
              .post("/api/accounts/forgotpassword", { email, clientURI: `${ground.server.url}/x` }),
        ],
        [
          "accounts, sign-up",
          (email) =>
            ground.client({ origin: null }).post("/api/accounts/registration", {
              email,
              password: "Quite-A-Long-Phrase-7",
              confirmPassword: "Quite-A-Long-Phrase-7",
            }),
        ],
        [
          "accounts, second step",
          (email) =>
            ground
              .client({ origin: null })
              .post("/api/accounts/twostepverification", { email, provider: "Email", token: "123456" }),
        ],
        [
          "accounts, link",
          (email) => ground.client({ origin: null }).get(`/api/accounts/emailconfirmation?email=${email}&token=x`),
        ],
        [
          "accounts, reset",
          (email) =>
            ground.client({ origin: null }).post("/api/accounts/resetpassword", {
              email,
              token: "x",
              password: "Quite-A-Long-Phrase-7",
              confirmPassword: "Quite-A-Long-Phrase-7",
            }),
        ],
        ["Identity", (email) => ground.client().post("/identity/forgotPassword", { email })],
        ["Identity, again", (email) => ground.client().post("/identity/resendConfirmationEmail", { email })],
        [
          "Identity, sign-up",
          (email) => ground.client().post("/identity/register", { email, password: "Quite-A-Long-Phrase-7" }),
        ],
        [
          "Identity, reset",
          (email) =>
            ground
              .client()
              .post("/identity/resetPassword", { email, resetCode: "x", newPassword: "Quite-A-Long-Phrase-7" }),
        ],
      ]
      for (const [name, ask] of asks) {
        const fresh = nobody().email
        expect([name, shapeOf(await ask(known.email), known.email)]).toEqual([name, shapeOf(await ask(fresh), fresh)])
      }
    },
  )

  test("takes about as long to be kept as it would to be told (F8)", async () => {
    const hashing = await startGround({
      adjust: (settings) => ({ ...settings, passwordHashing: { memoryKiB: 4096, passes: 2, concurrency: 2 } }),
    })
    const known = await Promise.all(Array.from({ length: 30 }, () => hashing.plain()))
    const median = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const start = performance.now()
      await work()
      return performance.now() - start
    }
    const asks: readonly (readonly [string, (email: string) => Promise<unknown>])[] = [
      ["/v1/sign-in", (email) => hashing.client().post("/v1/sign-in", { email, password: "a wrong pass phrase" })],
      [
        "/api/accounts/login",
        (email) =>
          hashing.client({ origin: null }).post("/api/accounts/login", { email, password: "a wrong pass phrase" }),
      ],
      ["/v1/password/forgot", (email) => hashing.client().post("/v1/password/forgot", { email })],
      ["/v1/sign-up", (email) => hashing.client().post("/v1/sign-up", { email, password: "Quite-A-Long-Phrase-7" })],
    ]
    const told: string[] = []
    for (const [name, ask] of asks) {
      const times: Record<"known" | "unknown", number[]> = { known: [], unknown: [] }
      for (const { email } of known) {
        // Turn and turn about, so that what else this machine does weighs on both.
        times.known.push(await timed(() => ask(email)))
        times.unknown.push(await timed(() => ask(nobody().email)))
      }
      const [one, other] = [median(times.known), median(times.unknown)]
      told.push(`${name} ${(one / other).toFixed(2)} (${one.toFixed(1)} ms)`)
    }
    process.stderr.write(`known to unknown, medians of 30: ${told.join(", ")}\n`)
    await hashing.close()
    expect(told).toHaveLength(asks.length)
  })
})

describe("what answers show", () => {
  /** Names under which other systems gave away what they should have kept. */
  const names = /secret|hash|salt|stamp|password|token|seed|private|cipher|pepper|totp(?!Max)|recovery.?codes$/i
  const harmless = new Set(["hasPassword", "passwordChangedAt", "minimumPasswordLength", "recoveryCodes", "password"])

  const namesIn = (value: unknown): string[] =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, member]) => [...(Array.isArray(value) ? [] : [name]), ...namesIn(member)])
      : []

  test("is no secret, hash or token, to any role, at any route that reads (F7)", async () => {
    const who: Person = await ground.person({ mailed: true })
    const browser = await ground.signedIn(who, { remember: true })
    const bearer = await ground.bearer(who)
    const key = must(await browser.post<{ key: string }>("/v1/api-keys", { name: "script" }), 201).json.key
    must(await browser.post("/v1/factors", { kind: "totp" }), 201)
    must(await browser.post("/v1/mfa-tokens", {}), 201)
    must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
    const cookie = [...browser.cookies].map((pair) => pair.join("=")).join("; ")
    const reading = (await nativeRoutes(ground)).filter(
      ({ method, path }) => method === "GET" && !path.endsWith("/copy"),
    )
    const others: Route[] = [
      "/identity/manage/info",
      "/identity/roles",
      "/api/2.0/people/@self",
      "/api/2.0/keys",
      "/api/2.0/settings/tfaapp",
      "/api/2.0/settings/tfaappcodes",
      "/.well-known/jwks.json",
      "/readyz",
      "/healthz",
    ].map((path) => ({ method: "GET", path, security: [] }))
    const wrong: unknown[] = []
    for (const route of [...reading, ...others])
      for (const headers of [
        { cookie },
        { authorization: `Bearer ${bearer.token}` },
        { authorization: `Bearer ${key}` },
        serviceHeaders(),
      ]) {
        const sent = await callRoute(ground, route, { headers, id: who.id })
        if (sent.status >= 300) continue
        const json = JSON.parse(sent.text || "null") as unknown
        const bad = namesIn(json).filter((name) => names.test(name) && !harmless.has(name))
        if (bad.length > 0) wrong.push([route.path, bad])
        // The word itself is harmless where it names a kind; a value of it is not.
        const values = [...sent.text.matchAll(/"([A-Za-z0-9_+/=-]{26,})"/g)]
          .map(([, value = ""]) => value)
          .filter((value) => !/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value))
        if (values.length > 0 && !route.path.includes("jwks")) wrong.push([route.path, values])
        for (const secret of [who.app.secret, ...who.codes, "$argon2", "v1.seal", who.password])
          if (sent.text.includes(secret)) wrong.push([route.path, secret])
      }
    expect(wrong).toEqual([])
    const jwks = await ground.client().get<{ keys: Json[] }>("/.well-known/jwks.json")
    for (const each of jwks.json.keys) expect(Object.keys(each)).not.toContain("d")
  })

  let services: { authorization: string } | undefined
  const serviceHeaders = (): Record<string, string> => services ?? {}
  beforeAll(async () => {
    services = {
      authorization: `Bearer ${await ground.server.createServiceKey(["users:read", "factors:read", "audit:read"])}`,
    }
  })

  test("of a challenge is what its page needs: no name, no id of a session, no second address (F7, D17)", async () => {
    const who = await ground.person({ mailed: true })
    await ground.service.patch(`/v1/users/${who.id}`, { firstName: "Zdravko", lastName: "Quillfeather" })
    const half = await ground.half(who)
    for (const path of ["/v1/challenge", "/v1/session", "/account/second-step"]) {
      const { text } = must(await half.get(path), 200)
      expect(text).not.toMatch(/Zdravko|Quillfeather|revision|roles/)
    }
    const wrong = await half.post<Json>("/v1/challenge/answer", { kind: "totp", answer: wrongCode(who) })
    expect(Object.keys(wrong.json).toSorted((a, b) => a.localeCompare(b))).not.toContain("clockOffSeconds")
    // Neither that the code was right a moment ago, nor by how much a clock is off, is told before a session is proved.
    const late = await half.post<Json>("/v1/challenge/answer", { kind: "totp", answer: who.app.code(-120) })
    expect({ ...late.json, attemptsLeft: 0 }).toEqual({ ...wrong.json, attemptsLeft: 0 })
    must(await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
    const used = await half.post<Json>("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })
    expect({ ...used.json, attemptsLeft: 0 }).toEqual({ ...wrong.json, attemptsLeft: 0 })
  })

  test("is stored nowhere on the way, and lets no page of another site in (V3.4, V14.3)", async () => {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    for (const path of [
      "/v1/me",
      "/v1/session",
      "/account",
      "/account/sign-in",
      "/v1/nowhere",
      "/nowhere",
      "/identity/manage/info",
      "/api/2.0/people/@self",
    ]) {
      const { headers } = await browser.get(path)
      expect([path, headers.get("cache-control")]).toEqual([path, "no-store"])
      expect([path, headers.get("x-content-type-options")]).toEqual([path, "nosniff"])
      expect(headers.get("content-security-policy")).toMatch(/frame-ancestors 'none'/)
      expect(headers.get("server")).toBeNull()
      expect(headers.get("x-powered-by")).toBeNull()
    }
    expect((await ground.client().post("/v1/sign-in", credentials(who))).headers.get("cache-control")).toBe("no-store")
  })
})
