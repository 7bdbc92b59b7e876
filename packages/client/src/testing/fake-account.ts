import type { Challenge, Factor, Session, SignIn, User } from "../wire.ts"

export type Account = {
  required: boolean
  /** The session has to prove it again. */
  stale: boolean
  session: string | null
  challenge: Challenge["purpose"] | null
  level: Challenge["level"]
  proved: string[]
  factors: (Factor & { secret: string })[]
  codes: string[] | null
  acknowledged: boolean
  revision: number
  seconds: [number, number]
  maximumDevices: number
  actions: Record<string, { level: "second_factor"; seconds: number; singleUse: boolean }>
  tokens: Map<string, { singleUse: boolean; action: string | null }>
}

export const at = "2030-01-01T00:00:00.000Z"

/** The code of the n-th secret that the fake made. */
export const codeOf = (secret: string | undefined): string => (secret ?? "").replace(/\D/g, "").padStart(6, "0")

/** One person's account and how `/v1` shows it. */
export function createFakeAccount(bearer: boolean) {
  const account: Account = {
    required: false,
    stale: false,
    session: null,
    challenge: null,
    level: null,
    proved: [],
    factors: [],
    codes: null,
    acknowledged: false,
    revision: 1,
    seconds: [0, -1],
    maximumDevices: 5,
    actions: {},
    tokens: new Map(),
  }
  let drawn = 0
  const on = (): Factor[] => account.factors.filter((factor) => factor.state === "on")
  const shown = ({ secret, ...factor }: Account["factors"][number]): Factor => (secret ? factor : factor)
  const user = (): User => ({
    id: "u1",
    email: "ada@example.com",
    emailConfirmed: true,
    externalId: null,
    firstName: "Ada",
    lastName: null,
    roles: [],
    locale: null,
    hasPassword: true,
    revision: account.revision,
    createdAt: at,
    secondFactorEnabled: on().length > 0,
    defaultFactorId: on()[0]?.id ?? null,
    factorKinds: [...new Set(on().map((factor) => factor.kind))],
    recoveryCodes: account.codes && {
      left: account.codes.length,
      total: 10,
      createdAt: at,
      acknowledged: account.acknowledged,
    },
  })
  const session = (): Session => ({
    id: account.session ?? "",
    aal: account.seconds[1] < 0 ? "aal1" : "aal2",
    amr: ["pwd"],
    acr: "aal1",
    authTime: at,
    firstFactorAt: at,
    secondFactorAt: null,
    factorAges: account.seconds,
    createdAt: at,
    expiresAt: at,
    lastUsedAt: at,
    deviceRemembered: false,
    agent: null,
    address: null,
    current: true,
  })
  const challenge = (): Challenge => {
    const second = [{ kind: "totp", factors: on() }, ...(account.codes ? [{ kind: "recovery-code", factors: [] }] : [])]
    const first = [{ kind: "password", factors: [] }]
    const owesFirst =
      account.level === "first_factor" || (account.level === "multi_factor" && account.proved.length < 1)
    return {
      id: `c-${account.challenge}`,
      purpose: account.challenge ?? "sign_in",
      user: { id: "u1", email: "ada@example.com" },
      kinds:
        account.challenge === "enrol"
          ? [{ kind: "totp", factors: [] }]
          : owesFirst || on().length === 0
            ? first
            : second,
      level: account.level,
      attemptsLeft: 5,
      expiresAt: at,
      returnTo: null,
      postponableUntil: null,
    }
  }
  const complete = (): SignIn => {
    account.session ??= `s${(drawn += 1)}`
    account.challenge = null
    account.stale = false
    account.seconds = [0, on().length > 0 ? 0 : -1]
    return {
      status: "complete",
      session: session(),
      user: user(),
      ...(bearer ? { token: `css_${account.session}` } : {}),
    }
  }
  const owed = (status: "second_factor" | "enrolment"): SignIn => ({
    status,
    challenge: challenge(),
    ...(bearer ? { token: "csc_1" } : {}),
  })
  const right = (kind: string, answer: unknown): boolean => {
    const text = String(answer).replace(/[\s-]/g, "")
    if (kind === "password") return text === "right"
    if (kind === "recovery-code") {
      const found = account.codes?.indexOf(text) ?? -1
      if (found >= 0) account.codes?.splice(found, 1)
      if (found >= 0) account.revision += 1
      return found >= 0
    }
    return account.factors.some((factor) => factor.state === "on" && codeOf(factor.secret) === text)
  }
  const newCodes = (): string[] => {
    drawn += 1
    account.codes = Array.from({ length: 10 }, (_, index) => `SET${drawn}CODE${index}X`.padEnd(10, "Z").slice(0, 10))
    account.acknowledged = false
    account.revision += 1
    return [...account.codes]
  }
  return { account, draw: () => (drawn += 1), on, shown, user, session, challenge, complete, owed, right, newCodes }
}
