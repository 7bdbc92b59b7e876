/** What administrators demand beyond the configuration: who is bound, who is left alone, and that it only ever adds. */
import { describe, expect, test } from "vitest"
import type { Actor, Session, User } from "../engine.ts"
import type { Settings } from "../settings.ts"
import { type AddedRule, isExempt, readAddedRule, writeAddedRule } from "./added-rule.ts"
import {
  demandOf,
  enrolmentOwed,
  mayDropLastFactor,
  nextStep,
  postponableUntil,
  type Rules,
  secondFactorDemanded,
} from "./policy.ts"

const office = { door: "portal", address: "10.1.2.3" }
const home = { door: "portal", address: "203.0.113.9" }
const officeElsewhere = { door: "native", address: "10.1.2.3" }
const ann = { id: "ann", roles: ["user"] }

const rule = (change: Partial<AddedRule> = {}): AddedRule => ({
  door: "portal",
  exemptAddresses: ["10.0.0.0/8", "192.0.2.5-192.0.2.9"],
  mandatoryUsers: [],
  mandatoryGroups: [],
  ...change,
})
const rules = (
  added: AddedRule | undefined,
  secondFactor: Partial<Settings["secondFactor"]> = {},
): Rules & { secondFactor: Settings["secondFactor"] } => ({
  secondFactor: { rule: "optional", roles: [], from: undefined, ...secondFactor },
  ...(added && { added }),
})
const without = { hasSecondFactor: false, deviceRemembered: false }
const withApp = { hasSecondFactor: true, deviceRemembered: false }

describe("who has to pass", () => {
  test("without a rule nobody, with one everybody, from whatever door", () => {
    for (const whence of [undefined, office, home, officeElsewhere]) {
      expect(secondFactorDemanded(ann, rules(undefined), whence)).toBe(false)
      expect(secondFactorDemanded(ann, rules(rule({ exemptAddresses: [] })), whence)).toBe(true)
      expect(nextStep(ann, without, rules(rule({ exemptAddresses: [] })), whence)).toBe("enrolment")
      expect(nextStep(ann, withApp, rules(rule({ exemptAddresses: [] })), whence)).toBe("second_factor")
    }
  })

  test.each([
    ["from a trusted address", rule(), office, "complete"],
    ["from the end of a trusted span", rule(), { ...office, address: "192.0.2.9" }, "complete"],
    ["from beyond it", rule(), { ...office, address: "192.0.2.10" }, "second_factor"],
    ["from another address", rule(), home, "second_factor"],
    ["from an address that nobody knows", rule(), { door: "portal" }, "second_factor"],
    ["from a trusted address at another door", rule(), officeElsewhere, "second_factor"],
    ["where the place does not count", rule(), undefined, "second_factor"],
    ["named, from a trusted address", rule({ mandatoryUsers: ["bob", "ann"] }), office, "second_factor"],
    ["not named, from a trusted address", rule({ mandatoryUsers: ["bob"] }), office, "complete"],
    ["while a group is named, from a trusted address", rule({ mandatoryGroups: ["g"] }), office, "second_factor"],
  ] as const)("%s", (_, added, whence, step) => {
    expect(nextStep(ann, withApp, rules(added), whence)).toBe(step)
    expect(nextStep(ann, without, rules(added), whence)).toBe(step === "complete" ? "complete" : "enrolment")
    expect(secondFactorDemanded(ann, rules(added), whence)).toBe(step !== "complete")
    expect(enrolmentOwed(ann, { hasSecondFactor: false }, rules(added), 0, whence)).toBe(step !== "complete")
    expect(isExempt(added, ann, whence)).toBe(step === "complete")
  })
})

describe("it only ever adds", () => {
  test("what the configuration demands is demanded from a trusted address as well", () => {
    const strict = rules(rule(), { rule: "required" })
    expect(nextStep(ann, without, strict, office)).toBe("enrolment")
    expect(nextStep(ann, withApp, strict, office)).toBe("second_factor")
    expect(enrolmentOwed(ann, { hasSecondFactor: false }, strict, 0, office)).toBe(true)
    expect(mayDropLastFactor(ann, strict, "portal")).toBe(false)
    const ofAdmins = rules(rule(), { rule: "required", roles: ["admin"] })
    expect(nextStep(ann, withApp, ofAdmins, office)).toBe("complete")
    expect(nextStep({ id: "root", roles: ["admin"] }, withApp, ofAdmins, office)).toBe("second_factor")
  })

  test("it can't be put off, though what was configured could", () => {
    const later = { rule: "required", from: 1000 } as const
    expect(postponableUntil(ann, rules(undefined, later), 10)).toBe(1000)
    expect(postponableUntil(ann, rules(rule(), later), 10, home)).toBeNull()
    expect(postponableUntil(ann, rules(rule(), later), 10, office)).toBe(1000)
    expect(enrolmentOwed(ann, { hasSecondFactor: false }, rules(rule(), later), 10, home)).toBe(true)
  })

  test("an installation that offers no second factor can't demand one", () => {
    const off = rules(rule(), { rule: "off" })
    expect(nextStep(ann, without, off, home)).toBe("complete")
    // And switching the offer off opens no account.
    expect(nextStep(ann, withApp, off, office)).toBe("second_factor")
  })

  test("the last factor goes only at the rule's own door, whose wire takes it away to set up another", () => {
    expect(mayDropLastFactor(ann, rules(undefined), "native")).toBe(true)
    expect(mayDropLastFactor(ann, rules(rule()), "native")).toBe(false)
    expect(mayDropLastFactor(ann, rules(rule()), "portal")).toBe(true)
  })

  test("a session that passed by its address alone is loose in nothing", () => {
    const session = (change: Partial<Session>) =>
      ({ type: "session", user: {} as User, session: { door: "portal", secondFactorAt: null, ...change } }) as Actor
    const settings = { stepUpSeconds: 600, looseDoors: ["portal"] }
    const demand = { demand: { level: "second_factor", maxAgeSeconds: 600 } }
    for (const operation of ["factors.reset", "factors.remove", "recovery_codes.replace", "factors.reveal"] as const) {
      expect(demandOf(operation, session({}), { hasSecondFactor: true }, settings)).toEqual(demand)
      expect(demandOf(operation, session({ secondFactorAt: 5 }), { hasSecondFactor: true }, settings)).toBeUndefined()
      expect(demandOf(operation, session({}), { hasSecondFactor: false }, settings)).toBeUndefined()
    }
  })
})

describe("the rule as it is stored", () => {
  test("is read as it was written", () => {
    const full = rule({ mandatoryUsers: ["ann"], mandatoryGroups: ["g"] })
    expect(readAddedRule(writeAddedRule(full))).toEqual(full)
  })

  test.each(["", "on", "null", "[]", "{}", '{"door":"portal","exemptAddresses":["0.0.0.0/0"]}', '{"door":1}'])(
    "%j is read as the strictest one",
    (text) => {
      expect(readAddedRule(text)).toEqual({ door: "", exemptAddresses: [], mandatoryUsers: [], mandatoryGroups: [] })
    },
  )
})
