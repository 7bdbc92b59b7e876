import { describe, expect, test } from "vitest"
import { defaultSettings, type Settings } from "../settings.ts"
import type { Actor, ApiKey, Session, User } from "../engine.ts"
import {
  assuranceOf,
  demandOf,
  enrolmentOwed,
  isFresh,
  mayDropLastFactor,
  mayEnrol,
  nextStep,
  postponableUntil,
  secondFactorDemanded,
  type Operation,
} from "./policy.ts"

// NIST SP 800-63B-4, 2.2.1: what a set of proofs comes to. `uv`: a passkey that verified its user.
const proofs = {
  pwd: { method: "pwd", kind: "password" },
  external: { method: "external", kind: "external" },
  totp: { method: "otp", kind: "totp" },
  mail: { method: "mail", kind: "email-code" },
  recovery: { method: "recovery", kind: "recovery-code" },
  passkey: { method: "hwk", kind: "passkey" },
  uv: { method: "mfa", kind: "passkey" },
} as const

describe("the assurance of a session", () => {
  const table: [readonly (keyof typeof proofs)[], 1 | 2, 1 | 2][] = [
    // proofs, elsewhere, under nist-aal2
    [[], 1, 1],
    [["pwd"], 1, 1],
    [["external"], 1, 1],
    [["pwd", "external"], 1, 1],
    [["totp"], 1, 1],
    [["mail"], 1, 1],
    [["recovery"], 1, 1],
    [["passkey"], 1, 1],
    [["totp", "recovery"], 1, 1],
    [["totp", "passkey"], 1, 1],
    [["uv"], 2, 2],
    [["pwd", "uv"], 2, 2],
    [["pwd", "totp"], 2, 2],
    [["pwd", "recovery"], 2, 2],
    [["pwd", "passkey"], 2, 2],
    [["pwd", "mail"], 2, 1],
    [["external", "totp"], 2, 2],
    [["external", "mail"], 2, 1],
    [["pwd", "mail", "totp"], 2, 2],
  ]
  test.each(table)("of %j is %i, under nist-aal2 %i", (names, elsewhere, strict) => {
    const methods = names.map((name) => proofs[name])
    for (const profile of ["default", "aspnet-identity", "asvs"] as const)
      expect(assuranceOf(methods, profile)).toBe(elsewhere)
    expect(assuranceOf(methods, "nist-aal2")).toBe(strict)
    expect(assuranceOf(methods.toReversed(), "default")).toBe(elsewhere)
  })
})

describe("whether a proof is fresh", () => {
  const now = 10_000_000
  const fresh = now - 599_999
  const stale = now - 600_000
  // Ages against levels, for users with and without a second factor.
  const table: [string, number | null, number | null, boolean, boolean[]][] = [
    // first, second, has a second; first_factor, second_factor, multi_factor
    ["both fresh", fresh, fresh, true, [true, true, true]],
    ["only the first fresh", fresh, stale, true, [true, false, false]],
    ["only the second fresh", stale, fresh, true, [false, true, false]],
    ["both stale", stale, stale, true, [false, false, false]],
    ["the second never proved", fresh, null, true, [true, false, false]],
    ["the first never proved", null, fresh, true, [false, true, false]],
    ["no second factor, first fresh", fresh, null, false, [true, true, true]],
    ["no second factor, first stale", stale, null, false, [false, false, false]],
    ["no second factor, an old proof of one that is gone", stale, fresh, false, [false, false, false]],
    ["neither ever proved", null, null, false, [false, false, false]],
    ["neither ever proved, with a second factor", null, null, true, [false, false, false]],
  ]
  test.each(table)("%s", (_, firstFactorAt, secondFactorAt, hasSecondFactor, expected) => {
    const answers = (["first_factor", "second_factor", "multi_factor"] as const).map((level) =>
      isFresh({ firstFactorAt, secondFactorAt }, { level, maxAgeSeconds: 600 }, { hasSecondFactor }, now),
    )
    expect(answers).toEqual(expected)
  })
})

describe("what follows the password", () => {
  const rule = (secondFactor: Settings["secondFactor"]) => ({ secondFactor })
  const off = rule({ rule: "off", roles: [], from: undefined })
  const optional = rule({ rule: "optional", roles: ["admin"], from: undefined })
  const required = rule({ rule: "required", roles: [], from: undefined })
  const admins = rule({ rule: "required", roles: ["admin", "owner"], from: undefined })
  const table: [string, Pick<Settings, "secondFactor">, string[], boolean, boolean, string][] = [
    // rule, roles of the user, has a factor, device remembered
    ["off", off, [], false, false, "complete"],
    ["off", off, [], true, false, "second_factor"],
    ["off", off, [], true, true, "complete"],
    ["optional", optional, ["admin"], false, false, "complete"],
    ["optional", optional, [], true, false, "second_factor"],
    ["required", required, [], false, false, "enrolment"],
    ["required", required, [], false, true, "enrolment"],
    ["required", required, [], true, false, "second_factor"],
    ["required", required, [], true, true, "complete"],
    ["for admins", admins, ["user"], false, false, "complete"],
    ["for admins", admins, ["user", "owner"], false, false, "enrolment"],
    ["for admins", admins, ["admin"], true, false, "second_factor"],
    ["for admins", admins, ["user"], true, false, "second_factor"],
  ]
  test.each(table)(
    "%s: %o with roles %j, factor %s, remembered %s: %s",
    (_, settings, roles, hasSecondFactor, deviceRemembered, step) => {
      const user = { id: "u", roles }
      expect(nextStep(user, { hasSecondFactor, deviceRemembered }, settings)).toBe(step)
      expect(secondFactorDemanded(user, settings)).not.toBe(mayDropLastFactor(user, settings, "native"))
    },
  )

  test("a demanded enrolment is owed from its day on, and can be put off before", () => {
    const settings = rule({ rule: "required", roles: [], from: 1000 })
    const user = { id: "u", roles: [] }
    expect(postponableUntil(user, settings, 999)).toBe(1000)
    expect(postponableUntil(user, settings, 1000)).toBeNull()
    expect(enrolmentOwed(user, { hasSecondFactor: false }, settings, 999)).toBe(false)
    expect(enrolmentOwed(user, { hasSecondFactor: false }, settings, 1000)).toBe(true)
    expect(enrolmentOwed(user, { hasSecondFactor: true }, settings, 1000)).toBe(false)
    expect(enrolmentOwed(user, { hasSecondFactor: false }, optional, 1000)).toBe(false)
  })
})

describe("which kinds can be enrolled", () => {
  const under = (profile: Settings["profile"], rule: Settings["secondFactor"]["rule"] = "optional") => ({
    profile,
    factors: ["totp", "email-code"],
    secondFactor: { rule, roles: [], from: undefined },
  })
  test("those that are offered, mailed codes not under nist-aal2, none where second factors are off", () => {
    expect(mayEnrol("totp", under("default"))).toBe(true)
    expect(mayEnrol("email-code", under("default"))).toBe(true)
    expect(mayEnrol("passkey", under("default"))).toBe(false)
    expect(mayEnrol("email-code", under("nist-aal2"))).toBe(false)
    expect(mayEnrol("totp", under("nist-aal2"))).toBe(true)
    expect(mayEnrol("totp", under("default", "off"))).toBe(false)
  })
})

describe("what an operation demands", () => {
  const guarded: Operation[] = [
    "factors.begin",
    "factors.reveal",
    "factors.rename",
    "factors.remove",
    "factors.turn",
    "factors.reset",
    "recovery_codes.replace",
    "address.change",
    "password.change",
    "api_keys.create",
    "user.remove",
  ]
  const open: Operation[] = [
    "factors.confirm",
    "factors.cancel",
    "factors.set_default",
    "recovery_codes.acknowledge",
    "remembered_devices.forget",
    "api_keys.revoke",
    "sessions.end",
    "user.update",
  ]
  const user = { roles: [] as string[] } as unknown as User
  const session = (door: string): Actor => ({ type: "session", user, session: { door } as Session })
  const key = (...scopes: string[]): Actor => ({ type: "user-key", user, key: { scopes } as unknown as ApiKey })
  const ask = (operation: Operation, actor: Actor, hasSecondFactor: boolean) =>
    demandOf(operation, actor, { hasSecondFactor }, defaultSettings)

  test.each(guarded)("%s: of a session the strongest proof that the user has", (operation) => {
    expect(ask(operation, session("native"), true)).toEqual({ demand: { level: "second_factor", maxAgeSeconds: 600 } })
    expect(ask(operation, session("account"), false)).toEqual({ demand: { level: "first_factor", maxAgeSeconds: 600 } })
  })

  test.each(guarded)("%s: a key can't prove, and needs the scope once there is a factor to protect", (operation) => {
    for (const scopes of [[], ["*"], ["*:write"], ["accounts:write"]])
      expect(ask(operation, key(...scopes), true)).toEqual({ refused: { scope: "accounts.self:write" } })
    expect(ask(operation, key("accounts.self:write"), true)).toBeUndefined()
  })

  test.each(["address.change", "api_keys.create", "user.remove"] as const)(
    "%s: what hands the account over is never a plain key's",
    (operation) => {
      expect(ask(operation, key(), false)).toEqual({ refused: { scope: "accounts.self:write" } })
    },
  )

  test.each(["factors.begin", "factors.reset", "recovery_codes.replace"] as const)(
    "%s: a key may set a first factor up",
    (operation) => {
      expect(ask(operation, key(), false)).toBeUndefined()
    },
  )

  test("recovery_codes.reveal: of a session a fresh proof; a key is shown what it has made itself", () => {
    const demand = { level: "second_factor", maxAgeSeconds: 600 }
    for (const door of ["native", "account", "accounts"])
      expect(ask("recovery_codes.reveal", session(door), true)).toEqual({ demand })
    for (const actor of [session("identity"), session("docspace"), key(), key("*:read")])
      expect(ask("recovery_codes.reveal", actor, true)).toBeUndefined()
  })

  test.each(open)("%s: nothing, since it takes trust away or was guarded before", (operation) => {
    for (const actor of [session("native"), key()]) expect(ask(operation, actor, true)).toBeUndefined()
  })

  test("a session born at a loose door is let off for factors and codes alone, one born elsewhere for nothing", () => {
    for (const operation of guarded) {
      const loose = operation.startsWith("factors.") || operation.startsWith("recovery_codes.")
      expect(ask(operation, session("identity"), true) === undefined).toBe(loose)
      expect(ask(operation, session("docspace"), true) === undefined).toBe(loose)
      expect(ask(operation, session("accounts"), true)).toBeDefined()
    }
    expect(
      demandOf(
        "factors.remove",
        session("identity"),
        { hasSecondFactor: true },
        { ...defaultSettings, looseDoors: [] },
      ),
    ).toBeDefined()
  })

  test("operators and services are bound by their scopes, not by a proof", () => {
    for (const operation of [...guarded, ...open]) {
      expect(ask(operation, { type: "operator", name: "ops" }, true)).toBeUndefined()
      expect(ask(operation, { type: "service", key: { scopes: [] } as unknown as ApiKey }, true)).toBeUndefined()
    }
  })
})
