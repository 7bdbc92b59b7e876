import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { credentials, type Ground, type Json, must, type Person, startGround, wrongCode, wrongCodes } from "./ground.ts"

let ground: Ground
beforeAll(async () => {
  ground = await startGround({ issuer: "Heron Books" })
})
afterAll(() => ground.close())

const agent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"
const newUntold = async (email: string, seen: Set<string>) =>
  (await ground.server.mails.to(email)).filter(({ id }) => !seen.has(id))

describe("a change of how somebody signs in", () => {
  type Change = { readonly name: string; readonly make: (who: Person) => Promise<unknown> }
  const browserOf = (who: Person) => ground.signedIn(who, { agent, address: "203.0.113.40" })
  const changes: readonly Change[] = [
    {
      name: "a factor added",
      async make(who) {
        const browser = await browserOf(who)
        const begun = must(await browser.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }), 201)
        const app = ground.server.authenticator.scan(begun.json.show.uri)
        return [await browser.post("/v1/factors/confirm", { kind: "totp", answer: app.code() }), app.secret, app.code()]
      },
    },
    {
      name: "a factor removed",
      make: async (who) => must(await (await browserOf(who)).delete(`/v1/factors/${who.factorId}`), 204),
    },
    {
      name: "a factor renamed",
      make: async (who) =>
        must(await (await browserOf(who)).patch(`/v1/factors/${who.factorId}`, { name: "Old phone" }), 200),
    },
    {
      name: "new recovery codes",
      make: async (who) => must(await (await browserOf(who)).post("/v1/recovery-codes"), 201),
    },
    {
      name: "a recovery code used",
      async make(who) {
        const half = await ground.half(who, { agent, address: "203.0.113.40" })
        return [
          must(await half.post("/v1/challenge/answer", { kind: "recovery-code", answer: who.codes[0] }), 200),
          ...who.codes,
        ]
      },
    },
    {
      name: "another password",
      make: async (who) =>
        must(
          await (
            await browserOf(who)
          ).post("/v1/me/password", { current: who.password, password: "a brand new pass phrase" }),
          204,
        ),
    },
    {
      name: "a password reset",
      async make(who) {
        await ground.client().post("/v1/password/forgot", { email: who.email })
        const link =
          (await ground.server.mails.latestTo(who.email)).links.find((found) => found.includes("token=")) ?? ""
        const token = new URL(link).searchParams.get("token")
        const from = ground.client({ agent, address: "203.0.113.40" })
        return must(await from.post("/v1/password/reset", { token, password: "a brand new pass phrase" }), 204)
      },
    },
    {
      name: "another address asked for",
      make: async (who) =>
        must(await (await browserOf(who)).post("/v1/me/address", { email: `new.${who.email}` }), 202),
    },
    {
      name: "an API key made",
      make: async (who) => must(await (await browserOf(who)).post("/v1/api-keys", { name: "deploy" }), 201),
    },
    {
      name: "the right password and a wrong code",
      make: async (who) =>
        (await ground.half(who, { agent, address: "203.0.113.40" })).post("/v1/challenge/answer", {
          kind: "totp",
          answer: wrongCode(who),
        }),
    },
  ]

  test.each(changes)(
    "is told by mail, with when, from where and what to do, and without any secret: $name (D9)",
    async ({ make }) => {
      const who = await ground.person()
      // Somebody who has signed in from there before, so that the new browser is no news of its own.
      await ground.signedIn(who, { agent, address: "203.0.113.40" })
      const seen = new Set((await ground.server.mails.to(who.email)).map(({ id }) => id))
      const told = JSON.stringify(await make(who))
      const mails = (await newUntold(who.email, seen)).filter(({ text }) => !text.includes("token="))
      expect(mails).toHaveLength(1)
      const [mail] = mails
      expect(mail?.text).toContain("203.0.113.40")
      expect(mail?.text).toContain("Firefox")
      expect(mail?.text).toMatch(/2030/)
      expect(mail?.text).toContain(`${ground.server.url}/account`)
      // Nothing that an answer showed stands in the mail.
      const secrets = [...told.matchAll(/\b(cs[a-z]_[\w-]{20,}|[A-Z2-7]{32}|[23456789BCDFGHJKMNPQRTVWXY]{10})\b/g)].map(
        ([, secret = ""]) => secret,
      )
      for (const secret of [...secrets, who.password, who.app.secret]) {
        expect(mail?.text).not.toContain(secret)
        expect(mail?.html).not.toContain(secret)
      }
    },
  )

  test("or a lock on it, is told once and not for every try (D9)", async () => {
    const who = await ground.person()
    const seen = new Set((await ground.server.mails.to(who.email)).map(({ id }) => id))
    for (const code of wrongCodes(who, 5))
      await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: code })
    for (let tries = 0; tries < 5; tries++)
      await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })
    const mails = await newUntold(who.email, seen)
    expect(mails.filter(({ subject }) => /lock|wait|paus/i.test(subject))).toHaveLength(1)
  })
})

describe("somebody who acts for a user", () => {
  test("sees no secret that is there already, neither the user's nor one of their own (D13)", async () => {
    const who = await ground.person()
    await ground.signedIn(who)
    for (const path of ["", "/factors", "/recovery-codes"]) {
      const { text } = must(await ground.service.get(`/v1/users/${who.id}${path}`), 200)
      for (const secret of [who.app.secret, ...who.codes, who.password, "$argon2", "secret", "hash"])
        expect(text).not.toContain(secret)
    }
    const [list, activity] = [
      await ground.service.get("/v1/users?limit=100"),
      await ground.service.get("/v1/activity?limit=100"),
    ]
    for (const { text } of [list, activity])
      for (const secret of [who.app.secret, ...who.codes, "$argon2"]) expect(text).not.toContain(secret)
    // A key that a service began for a user is that service's to confirm, and no other's.
    const fresh = await ground.plain()
    const begun = must(
      await ground.service.post<{ show: { uri: string } }>(`/v1/users/${fresh.id}/factors`, { kind: "totp" }),
      201,
    )
    const app = ground.server.authenticator.scan(begun.json.show.uri)
    const other = ground.client({ bearer: await ground.server.createServiceKey(["factors:write"]) })
    const body = { kind: "totp", answer: app.code() }
    expect((await other.post(`/v1/users/${fresh.id}/factors/confirm`, body)).status).toBe(410)
    const own = await ground.signedIn(fresh)
    expect((await own.post("/v1/factors/confirm", body)).status).toBe(410)
    const codes = must(await ground.service.post<Json>(`/v1/users/${fresh.id}/factors/confirm`, body), 200)
    expect(codes.json["recoveryCodes"]).toHaveLength(10)
    expect((await own.post("/v1/sign-in", credentials(fresh))).json).toMatchObject({ status: "second_factor" })
  })
})
