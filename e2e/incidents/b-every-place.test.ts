import type { TestClient } from "countersign/testing"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { submitOn } from "./account-pages.ts"
import { type Ground, type Json, must, operator, type Person, startGround, wrongCodes } from "./ground.ts"
import { openWaysIn } from "./ways-in.ts"

let ground: Ground
beforeAll(async () => {
  ground = await startGround()
})
afterAll(() => ground.close())

/** One place that takes a code: gives it, and says whether it passed. */
type Place = { readonly guess: (code: string) => Promise<boolean>; readonly app: Pick<Person, "app"> }

const settles = ({ status }: { status: number }): boolean => status < 300

/** An enrolment that waits for its first code, for `by`, at `path`. */
const begun = async (by: TestClient, path: string): Promise<Pick<Person, "app">> => {
  const { json } = must(await by.post<{ show: { uri: string } }>(path, { kind: "totp" }), 201)
  return { app: ground.server.authenticator.scan(json.show.uri) }
}

/** The operations of `/v1/openapi.json` that take a code, each made ready. */
const native: Readonly<Record<string, () => Promise<Place>>> = {
  async answerChallenge() {
    const who = await ground.person()
    return {
      app: who,
      guess: async (answer) =>
        settles(await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer })),
    }
  },
  async mintMfaToken() {
    const who = await ground.person()
    const session = await ground.signedIn(who)
    return {
      app: who,
      guess: async (answer) => settles(await session.post("/v1/mfa-tokens", { proof: { kind: "totp", answer } })),
    }
  },
  async confirmFactor() {
    const session = await ground.signedIn(await ground.plain())
    const app = await begun(session, "/v1/factors")
    return {
      app,
      guess: async (answer) => settles(await session.post("/v1/factors/confirm", { kind: "totp", answer })),
    }
  },
  async confirmUserFactor() {
    const { id } = await ground.plain()
    const app = await begun(ground.service, `/v1/users/${id}/factors`)
    return {
      app,
      guess: async (answer) =>
        settles(await ground.service.post(`/v1/users/${id}/factors/confirm`, { kind: "totp", answer })),
    }
  },
}

/** The same of the other doors, as their contracts name them. */
const others: Readonly<Record<string, () => Promise<Place | undefined>>> = {
  async "a step-up"() {
    const who = await ground.person()
    const session = await ground.signedIn(who)
    return {
      app: who,
      async guess(answer) {
        must(await session.post("/v1/step-up", { level: "second_factor" }), 201)
        return settles(await session.post("/v1/challenge/answer", { kind: "totp", answer }))
      },
    }
  },
  async "the page that sets an app up"() {
    const who = await ground.plain()
    const browser = await ground.signedIn(who)
    const to = await submitOn(browser, "/account", "/account/factors", { kind: "totp" })
    const secret = /secret=([A-Z2-7]{32})/.exec((await browser.get(to.headers.get("location") ?? "")).text)?.[1] ?? ""
    const app = ground.server.authenticator.scan(`otpauth://totp/x?secret=${secret}`)
    return {
      app: { app },
      guess: async (code) =>
        (await submitOn(browser, "/account/factors/app", "/account/factors/app", { name: "Phone", code })).status ===
        303,
    }
  },
  async "the page that asks for a fresh proof"() {
    const who = await ground.person()
    const browser = await ground.signedIn(who)
    return {
      app: who,
      async guess(code) {
        must(await browser.post("/v1/step-up", { level: "second_factor" }), 201)
        const goal = "GET /activity"
        return (
          (await submitOn(browser, "/account/password", "/account/step-up", { kind: "totp", code, goal })).status ===
          303
        )
      },
    }
  },
  async "Identity's enable, before there is an app"() {
    const who = await ground.plain()
    const bearer = await ground.client().post<Json>("/identity/login", { email: who.email, password: who.password })
    const program = ground.client({ bearer: String(bearer.json?.["accessToken"]) })
    const key = await program.post<Json>("/identity/manage/2fa", {})
    if (key.status !== 200) return undefined
    const app = ground.server.authenticator.scan(`otpauth://totp/x?secret=${String(key.json["sharedKey"])}`)
    return {
      app: { app },
      guess: async (twoFactorCode) =>
        settles(await program.post("/identity/manage/2fa", { enable: true, twoFactorCode })),
    }
  },
  async "Identity's enable, with one"() {
    const who = await ground.person()
    const login = { email: who.email, password: who.password, twoFactorCode: who.app.code() }
    const bearer = await ground.client().post<Json>("/identity/login", login)
    if (bearer.status !== 200) return undefined
    ground.server.clock.advance(30)
    const program = ground.client({ bearer: String(bearer.json["accessToken"]) })
    return {
      app: who,
      guess: async (twoFactorCode) =>
        settles(await program.post("/identity/manage/2fa", { enable: true, twoFactorCode })),
    }
  },
  async "DocSpace's validate, with an app and without"() {
    const who = await ground.person()
    const { engine } = ground.server
    const { key } = await engine.apiKeys.create({ ...operator, userId: who.id }, { name: "script" })
    const program = ground.client({ bearer: key })
    if ((await program.get("/api/2.0/people/@self")).status !== 200) return undefined
    return {
      app: who,
      guess: async (code) => settles(await program.post("/api/2.0/settings/tfaapp/validate", { code })),
    }
  },
}

describe("every place that takes a code", () => {
  test("of the native API is known to this file (B12)", async () => {
    type Document = { paths: Record<string, Record<string, { operationId: string; requestBody?: unknown }>> }
    const { json } = await ground.client().get<Document>("/v1/openapi.json")
    const taking = Object.values(json.paths)
      .flatMap((methods) => Object.values(methods))
      .filter(({ requestBody }) => JSON.stringify(requestBody ?? {}).includes('"answer"'))
      .map(({ operationId }) => operationId)
    expect(taking.toSorted((a, b) => a.localeCompare(b))).toEqual(
      Object.keys(native).toSorted((a, b) => a.localeCompare(b)),
    )
  })

  const places = { ...native, ...others }
  test.each(Object.keys(places))(
    "stops after some wrong ones, for the right one as well: %s (B2, B12)",
    async (name) => {
      const place = await places[name]?.()
      if (place === undefined) return
      const { guess, app } = place
      for (const wrong of wrongCodes(app, 7)) expect(await guess(wrong)).toBe(false)
      expect(await guess(app.app.code())).toBe(false)
      // Time heals, so that it was the limit and nothing else.
      ground.server.clock.advance(240)
      expect(await guess(app.app.code())).toBe(true)
    },
  )

  test("is as strict for a signed-in thief of a session: his guesses count to the owner's sign-in as well (B12)", async () => {
    const who = await ground.person()
    const session = await ground.signedIn(who)
    for (const answer of wrongCodes(who, 5)) await session.post("/v1/mfa-tokens", { proof: { kind: "totp", answer } })
    for (const way of await openWaysIn(ground))
      expect([way.name, (await (await way.first(who)).give(who.app.code())).in]).toEqual([way.name, false])
    // Not to the password of the account, nor to anybody else.
    must(await session.post("/v1/step-up", { level: "first_factor" }), 201)
    must(await session.post("/v1/challenge/answer", { kind: "password", answer: who.password }), 200)
  })
})
