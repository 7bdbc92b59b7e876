import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestServerOptions } from "countersign/testing"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { credentials, drawRing, type Ground, type Json, must, operator, type Person, startGround } from "./ground.ts"
import { openWaysIn } from "./ways-in.ts"

const folder = mkdtempSync(join(tmpdir(), "countersign-configuration-"))
const kept: TestServerOptions = { databaseUrl: `sqlite:${join(folder, "data.sqlite")}`, keys: drawRing() }
let people: readonly [Person, Person]
let then = 0

/** Another server on the same people, a minute later. */
const restart = async (options: TestServerOptions): Promise<Ground> => {
  then += 60_000
  return await startGround({ ...kept, ...options, startAt: then })
}

beforeAll(async () => {
  const first = await startGround(kept)
  people = [await first.person(), await first.person({ mailed: true })]
  then = first.server.clock.now()
  await first.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("a second factor that somebody has", () => {
  const changes: readonly (readonly [string, TestServerOptions])[] = [
    ["second factors are switched off", { secondFactor: "off" }],
    ["apps are not offered any more", { factors: ["email-code"] }],
    ["nothing is offered", { factors: [] }],
    ["recovery codes are not offered", { recoveryCodes: false }],
    ["only one app is allowed", { totpMaxDevices: 1 }],
    ["no address has to be confirmed", { confirmEmail: "optional" }],
    ["another profile holds", { profile: "aspnet-identity" }],
    ["the strictest profile holds", { profile: "nist-aal2" }],
    ["new apps would be made otherwise", { totpAlgorithm: "SHA-256", totpDigits: 8, totpPeriodSeconds: 60 }],
  ]

  test.each(changes)("is asked for at every door though %s, and goes on working (C1, C13)", async (_name, options) => {
    const ground = await restart(options)
    for (const who of people)
      for (const way of await openWaysIn(ground)) {
        const first = await way.first(who)
        expect([way.name, first.in]).toEqual([way.name, false])
        // Every app goes on as it was scanned.
        const app = ground.server.authenticator.scan(`otpauth://totp/x?secret=${who.app.secret}`)
        const given = await first.give(app.code())
        if (way.name.startsWith("native") || way.name === "account pages")
          expect([way.name, given.in]).toEqual([way.name, true])
        ground.server.clock.advance(60)
      }
    then = ground.server.clock.now()
    await ground.close()
  })

  test("is not there for a sign-in only because a door is not served (C4)", async () => {
    const ground = await restart({ doors: ["native"] })
    for (const path of [
      "/account",
      "/account/sign-in",
      "/identity/login",
      "/identity/manage/info",
      "/api/accounts/login",
      "/api/2.0/authentication",
    ])
      for (const send of [ground.client().get, ground.client().post])
        expect([path, (await send(path)).status]).toEqual([path, 404])
    then = ground.server.clock.now()
    await ground.close()
  })
})

describe("a demand that comes while people are signed in", () => {
  test("is told to their sessions and asked at their next sign-in, and nobody without a factor passes it (D10, V8.3.2)", async () => {
    const before = await restart({})
    const who = await before.plain()
    const { token } = await before.bearer(who)
    then = before.server.clock.now()
    await before.close()

    const strict = await restart({ secondFactor: "required" })
    const session = await strict.client({ bearer: token }).get<{ tasks: string[] }>("/v1/session")
    expect(session.json.tasks).toEqual(["enrol_second_factor"])
    for (const way of await openWaysIn(strict)) expect([way.name, (await way.first(who)).in]).toEqual([way.name, false])
    const half = await strict.half(who)
    expect((await half.get<Json>("/v1/challenge")).json["purpose"]).toBe("enrol")
    expect((await half.post("/v1/challenge/postpone")).status).toBe(403)
    const begun = must(await half.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }), 201)
    const answer = strict.server.authenticator.scan(begun.json.show.uri).code()
    must(await half.post("/v1/factors/confirm", { kind: "totp", answer }), 200)
    expect(await strict.whoIs(half)).toBe(who.email)
    // The session from before is over.
    expect(await strict.whoIs(strict.client({ bearer: token }))).toBeUndefined()
    then = strict.server.clock.now()
    await strict.close()
  })

  test("can be put off until its day and not a moment longer (D10)", async () => {
    const ground = await startGround({ secondFactor: "required", secondFactorFrom: Date.UTC(2030, 0, 2) })
    const who = await ground.plain()
    const half = await ground.half(who)
    must(await half.post("/v1/challenge/postpone"), 200)
    expect((await half.get<Json>("/v1/session")).json).toMatchObject({ session: { aal: "aal1" }, tasks: [] })
    const late = await ground.half(who)
    ground.server.clock.set(Date.UTC(2030, 0, 2))
    expect((await late.post("/v1/challenge/postpone")).status).toBeGreaterThanOrEqual(400)
    expect((await half.get<Json>("/v1/session")).json).toMatchObject({ tasks: ["enrol_second_factor"] })
    const again = await ground.half(who)
    expect((await again.post("/v1/challenge/postpone")).status).toBe(403)
    expect(await ground.server.engine.factors.list({ ...operator, userId: who.id })).toEqual([])
    expect((await ground.client().post<Json>("/v1/sign-in", credentials(who))).json["status"]).toBe("enrolment")
    await ground.close()
  })
})
