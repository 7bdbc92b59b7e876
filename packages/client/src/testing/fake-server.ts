import type { Challenge, SessionAnswer } from "../wire.ts"
import { at, codeOf, createFakeAccount } from "./fake-account.ts"
import type { Account } from "./fake-account.ts"

/** One person's account on a `/v1` that lives in the test, with a cookie jar of one browser in front of it. */
export type FakeServer = {
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>
  /** Every call: `POST /factors`. */
  readonly calls: string[]
  readonly requests: { call: string; headers: Headers; body: unknown }[]
  readonly account: Account
  /** The next call of that name answers so instead. */
  next(call: string, answer: Response | Error): void
  /** Answers of that call wait until they are let go. */
  hold(call: string): () => void
  count(call: string): number
  signedIn(): FakeServer
}

const json = (status: number, body?: unknown, headers: Record<string, string> = {}): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers },
  })

/** A refusal as the server words it. */
export const problem = (status: number, code: string, more: object = {}): Response =>
  json(status, { type: `urn:${code}`, title: code, status, code, ...more })

/** `bearer`: tokens in answers instead of cookies. */
export function createFakeServer(bearer = false): FakeServer {
  const views = createFakeAccount(bearer)
  const { account, on, shown, user, session, challenge, complete, owed, right, newCodes } = views
  const calls: string[] = []
  const requests: FakeServer["requests"] = []
  const planned = new Map<string, (Response | Error)[]>()
  const held = new Map<string, { gate: Promise<void>; open: () => void }>()
  const needsProof = (headers: Headers): Response | undefined => {
    const token = headers.get("countersign-mfa-token")
    if (token !== null) return account.tokens.delete(token) ? undefined : problem(403, "mfa_token_invalid")
    if (!account.stale) return undefined
    return problem(403, "session_reverification_required", { level: "second_factor", maxAgeSeconds: 600 })
  }

  // oxlint-disable-next-line complexity -- one route a line
  function route(call: string, body: Record<string, unknown>, headers: Headers): Response {
    const [, id] = /^[A-Z]+ \/factors\/(f\d+)$/.exec(call) ?? []
    if (call === "POST /sign-in") {
      if (body["password"] !== "right") return problem(401, "credentials_incorrect")
      account.session = null
      account.challenge = on().length > 0 ? "sign_in" : account.required ? "enrol" : null
      account.level = null
      if (account.challenge) return json(200, owed(account.challenge === "enrol" ? "enrolment" : "second_factor"))
      return json(200, complete())
    }
    if (call === "GET /session") {
      const answered: SessionAnswer = {
        session: account.session ? session() : null,
        user: account.session ? user() : null,
        tasks: [],
        challenge: account.challenge ? challenge() : null,
      }
      if (bearer && !account.session && !account.challenge) return problem(401, "unauthenticated")
      return json(200, answered)
    }
    if (call === "GET /policy")
      return json(200, {
        secondFactor: account.required ? "required" : "optional",
        factors: ["totp"],
        recoveryCodes: true,
        rememberedDevices: true,
        stepUpSeconds: 600,
        maximumDevices: account.maximumDevices,
        minimumPasswordLength: 8,
        actions: account.actions,
        enrolmentOwed: account.challenge === "enrol",
        postponableUntil: null,
      })
    if (call.startsWith("POST /challenge/") || call.endsWith(" /challenge")) {
      if (!account.challenge) return problem(410, "challenge_spent")
      if (call === "GET /challenge") return json(200, challenge())
      if (call === "POST /challenge/start") return json(200, { hint: "a…@example.com" })
      if (call === "DELETE /challenge") {
        account.challenge = null
        return json(204)
      }
      if (typeof body["answer"] !== "string" || body["answer"] === "")
        return problem(422, "input_invalid", { errors: [{ field: "answer", reason: "required" }] })
      if (!right(String(body["kind"]), body["answer"])) return problem(400, "code_incorrect")
      account.proved.push(String(body["kind"]))
      if (account.level === "multi_factor" && account.proved.length < 2 && on().length > 0)
        return json(200, owed("second_factor"))
      return json(200, complete())
    }
    const holds = account.session ?? (account.challenge === "enrol" && call.startsWith("POST /factors"))
    if (!holds) return problem(401, "unauthenticated")
    if (call === "DELETE /session") {
      account.session = null
      return json(204)
    }
    if (call === "POST /session/token")
      return json(200, { token: `jwt-${views.draw()}`, expiresAt: new Date(Date.now() + 60_000).toISOString() })
    if (call === "POST /step-up") {
      account.challenge = "step_up"
      account.level = body["level"] as Challenge["level"]
      account.proved = []
      return json(201, { ...challenge(), ...(bearer ? { token: "csc_1" } : {}) })
    }
    if (call === "GET /factors?pending=1") return json(200, { factors: account.factors.map(shown), offered: ["totp"] })
    if (call === "GET /factors")
      return json(200, {
        factors: account.factors.filter(({ state }) => state !== "pending").map(shown),
        offered: ["totp"],
      })
    if (call === "POST /factors") {
      const refused = needsProof(headers)
      if (refused) return refused
      if (on().length >= account.maximumDevices) return problem(409, "factor_limit_reached")
      const drawn = views.draw()
      const secret = `SECRET${drawn}`
      const factor = {
        id: `f${drawn}`,
        kind: "totp",
        name: "App",
        state: "pending",
        createdAt: at,
        confirmedAt: null,
        lastUsedAt: null,
      } as const
      account.factors.push({ ...factor, secret })
      return json(201, { factor, show: { secret, uri: `otpauth://totp/x?secret=${secret}` }, expiresAt: at })
    }
    if (call === "POST /factors/confirm") {
      if (typeof body["answer"] !== "string" || !/^[\d\s]{6,}$/.test(body["answer"]))
        return problem(422, "input_invalid", {
          errors: [{ field: "answer", reason: body["answer"] ? "malformed" : "required" }],
        })
      const pending = account.factors.filter((factor) => factor.state === "pending")
      if (pending.length === 0) return problem(410, "enrolment_expired")
      const found = pending.find((factor) => codeOf(factor.secret) === body["answer"])
      if (!found) return problem(400, "code_incorrect")
      const confirmed = { ...found, state: "on", confirmedAt: at } as const
      account.factors = [...account.factors.filter((factor) => factor.state === "on"), confirmed]
      account.revision += 1
      account.seconds = [account.seconds[0], 0]
      const codes = account.codes ? undefined : newCodes()
      const signIn = account.challenge === "enrol" ? complete() : undefined
      return json(200, {
        factor: shown(confirmed),
        ...(codes ? { recoveryCodes: codes } : {}),
        ...(signIn ? { signIn } : {}),
      })
    }
    if (call === "POST /recovery-codes") {
      if (on().length === 0) return problem(403, "forbidden")
      return needsProof(headers) ?? json(201, { codes: newCodes() })
    }
    if (call === "GET /recovery-codes/copy")
      return account.codes && !account.acknowledged ? json(200, { codes: account.codes }) : problem(404, "not_found")
    if (call === "POST /recovery-codes/acknowledge") {
      if (!account.acknowledged) account.revision += 1
      account.acknowledged = true
      return json(204)
    }
    if (call === "POST /mfa-tokens") {
      const proof = body["proof"] as { kind: string; answer: string } | undefined
      if (proof && !right(proof.kind, proof.answer)) return problem(400, "code_incorrect")
      const refused = proof ? undefined : needsProof(new Headers())
      if (refused) return refused
      if (proof) account.stale = false
      const drawn = views.draw()
      const made = { singleUse: body["singleUse"] !== false, action: (body["action"] as string | undefined) ?? null }
      account.tokens.set(`csm_${drawn}`, made)
      return json(201, { token: `csm_${drawn}`, expiresAt: at, ...made })
    }
    if (id !== undefined) {
      const found = account.factors.find((factor) => factor.id === id)
      if (!found) return problem(404, "not_found")
      const refused = call.startsWith("DELETE") ? needsProof(headers) : undefined
      if (refused) return refused
      account.revision += 1
      if (call.startsWith("PATCH")) return json(200, shown(found))
      if (account.required && on().length === 1) return problem(409, "factor_required")
      account.factors = account.factors.filter((factor) => factor.id !== id)
      if (on().length === 0) account.codes = null
      return json(204)
    }
    return problem(404, "not_found")
  }

  const server: FakeServer = {
    calls,
    requests,
    account,
    count: (call) => calls.filter((each) => each === call).length,
    next: (call, response) => void planned.set(call, [...(planned.get(call) ?? []), response]),
    hold(call) {
      let open!: () => void
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      held.set(call, { gate, open })
      return () => {
        held.delete(call)
        open()
      }
    },
    signedIn() {
      account.session = "s0"
      return server
    },
    async fetch(input, init = {}) {
      const url = new URL(input, "http://localhost")
      const call = `${init.method ?? "GET"} ${url.pathname.replace(/^.*\/v1/, "")}${url.search}`
      const headers = new Headers(init.headers)
      const body = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as Record<string, unknown>
      calls.push(call)
      requests.push({ call, headers, body })
      const instead = planned.get(call)?.shift()
      // What was asked is judged when it arrives; only the answer can be late.
      const response = instead ?? route(call, body, headers)
      await held.get(call)?.gate
      await Promise.resolve()
      if (response instanceof Error) throw response
      return response
    },
  }
  return server
}
