import { expect, test } from "vitest"
import type { Call } from "../dialect.ts"
import { BindingFailed, demandAnyBody, readBody, readQuery } from "./binding.ts"

const sending = (value: unknown): Call => ({ json: async () => value }) as unknown as Call
const asking = (query: string): Call =>
  ({ url: new URL(`http://localhost/identity/login?${query}`) }) as unknown as Call
const refused = (work: () => unknown): void => expect(work).toThrow(BindingFailed)

test.each([undefined, null, [], "text", 7, true])("%j is no body of a request", async (value) => {
  await expect(readBody(sending(value))).rejects.toThrow(BindingFailed)
})

test("names are read in any case of letters, and others passed over", async () => {
  const body = await readBody(sending({ EMAIL: "a", twofactorCODE: "1", more: { x: [1] } }))
  expect([body.required("email"), body.text("twoFactorCode"), body.text("password")]).toEqual(["a", "1", undefined])
})

test("a name in two spellings is refused", async () => {
  await expect(readBody(sending({ email: "a", Email: "b" }))).rejects.toThrow(BindingFailed)
})

test("a required text may be null but not missing; an optional one may be both", async () => {
  const body = await readBody(sending({ email: null, code: null }))
  expect([body.required("email"), body.text("code"), body.text("other")]).toEqual([null, undefined, undefined])
  refused(() => body.required("password"))
})

test.each([7, true, {}, []])("%j is no text", async (value) => {
  const body = await readBody(sending({ email: value }))
  refused(() => body.required("email"))
  refused(() => body.text("email"))
})

test("a boolean is one, and only the optional one may be null", async () => {
  const body = await readBody(sending({ yes: true, no: false, none: null, text: "true", number: 1 }))
  expect([body.flag("yes"), body.flag("no"), body.flag("missing")]).toEqual([true, false, false])
  expect([body.optionalFlag("yes"), body.optionalFlag("none"), body.optionalFlag("missing")]).toEqual([
    true,
    undefined,
    undefined,
  ])
  for (const name of ["none", "text", "number"]) refused(() => body.flag(name))
  for (const name of ["text", "number"]) refused(() => body.optionalFlag(name))
})

test("booleans of the query are spelled out, in any case; other text is refused, absent means not set", () => {
  const query = readQuery(asking("useCookies=true&USESESSIONCOOKIES=False"))
  expect([query.flag("usecookies"), query.flag("useSessionCookies"), query.flag("other")]).toEqual([true, false, false])
  for (const text of ["useCookies=1", "useCookies=", "useCookies=yes", "useCookies=true,false"])
    refused(() => readQuery(asking(text)).flag("useCookies"))
  refused(() => readQuery(asking("useCookies=true&usecookies=false")))
})

test("a parameter that has to be there may be empty", () => {
  expect(readQuery(asking("code=")).required("code")).toBe("")
  refused(() => readQuery(asking("")).required("code"))
})

test("signing out takes any value but none and null", async () => {
  for (const value of [{}, [], "", 0, false]) await demandAnyBody(sending(value))
  for (const value of [undefined, null]) await expect(demandAnyBody(sending(value))).rejects.toThrow(BindingFailed)
})
