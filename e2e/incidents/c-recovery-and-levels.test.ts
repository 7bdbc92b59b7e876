import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { submitOn } from "./account-pages.ts"
import { credentials, type Ground, type Json, must, operator, type Person, startGround } from "./ground.ts"
import { openWaysIn, type WayIn } from "./ways-in.ts"

let ground: Ground
let ways: readonly WayIn[]

beforeAll(async () => {
  ground = await startGround()
  ways = await openWaysIn(ground)
})
afterAll(() => ground.close())

const freshPassword = "Another-Pass-Phrase-77"
const factorsOf = async ({ id }: { id: string }) => ground.server.engine.factors.list({ ...operator, userId: id })

/** The token that the newest mail carries, in a link or as a code in words. */
const mailedToken = async (email: string): Promise<string> => {
  const mail = await ground.server.mails.latestTo(email)
  const link = mail.links.find((found) => found.includes("token=") || found.includes("code="))
  const query = link === undefined ? undefined : new URL(link).searchParams
  return query?.get("token") ?? query?.get("code") ?? /\b([A-Za-z0-9_-]{40,})\b/.exec(mail.text)?.[1] ?? ""
}

type Reset = { readonly name: string; readonly probe: string; readonly reset: (who: Person) => Promise<unknown[]> }

/** How each door resets a forgotten password; gives all that it answered. */
const resets = (): readonly Reset[] => [
  {
    name: "native",
    probe: "/v1/password/forgot",
    async reset({ email }) {
      const client = ground.client()
      const asked = must(await client.post("/v1/password/forgot", { email }), 202)
      const done = must(
        await client.post("/v1/password/reset", { token: await mailedToken(email), password: freshPassword }),
        204,
      )
      return [asked, done, [...client.cookies]]
    },
  },
  {
    name: "account pages",
    probe: "/account/forgot",
    async reset({ email }) {
      const client = ground.client()
      const asked = await submitOn(client, "/account/forgot", "/account/forgot", { email })
      const token = await mailedToken(email)
      const page = `/account/reset-password?token=${token}`
      const done = must(
        await submitOn(client, page, "/account/reset-password", { token, password: freshPassword }),
        303,
      )
      expect(client.cookies.has("countersign")).toBe(false)
      return [asked, done]
    },
  },
  {
    name: "accounts with JWT",
    probe: "/api/accounts/forgotpassword",
    async reset({ email }) {
      const client = ground.client({ origin: null })
      const clientURI = `${ground.server.url}/reset`
      const asked = must(await client.post("/api/accounts/forgotpassword", { email, clientURI }), 200)
      const token = await mailedToken(email)
      const body = { email, token, password: freshPassword, confirmPassword: freshPassword }
      return [asked, must(await client.post("/api/accounts/resetpassword", body), 200)]
    },
  },
  {
    name: "Identity",
    probe: "/identity/forgotPassword",
    async reset({ email }) {
      const client = ground.client()
      const asked = must(await client.post("/identity/forgotPassword", { email }), 200)
      const resetCode = await mailedToken(email)
      const done = must(
        await client.post("/identity/resetPassword", { email, resetCode, newPassword: freshPassword }),
        200,
      )
      return [asked, done, [...client.cookies]]
    },
  },
]

const openResets = async (): Promise<Reset[]> => {
  const there = await Promise.all(
    resets().map(async ({ probe }) => (await ground.client().post(probe, {})).status !== 404),
  )
  return resets().filter((_, index) => there[index])
}

describe("a mailbox", () => {
  test("resets the password and nothing else: no session, the factor stays and is asked for, at every door (C8)", async () => {
    for (const { name, reset } of await openResets()) {
      const who = await ground.person()
      const [before, session] = [await factorsOf(who), await ground.signedIn(who, { remember: true })]
      const answers = JSON.stringify(await reset(who))
      expect([name, /cs[sad]_[\w-]{20}|eyJ[\w-]{20,}\./.test(answers)]).toEqual([name, false])
      expect((await factorsOf(who)).map(({ id, state }) => [id, state])).toEqual(
        before.map(({ id, state }) => [id, state]),
      )
      // Sessions and remembered browsers ended.
      expect(await ground.whoIs(session)).toBeUndefined()
      const returning = await session.post<Json>("/v1/sign-in", { email: who.email, password: freshPassword })
      expect([name, returning.json["status"]]).toEqual([name, "second_factor"])
      for (const way of ways) {
        const first = await way.first({ email: who.email, password: freshPassword })
        expect([name, way.name, first.in, (await first.give(who.app.code())).in]).toEqual([name, way.name, false, true])
        ground.server.clock.advance(30)
      }
      expect((await ground.client().post("/v1/sign-in", credentials(who))).status).toBe(401)
    }
  })

  test("with all that it gets never comes to a session of somebody with an app (C9)", async () => {
    for (const { name, reset } of await openResets()) {
      const who = await ground.person({ mailed: false })
      await reset(who)
      const thief = ground.client()
      must(await thief.post("/v1/sign-in", { email: who.email, password: freshPassword }), 200)
      // No mailed code is offered to who has not chosen it.
      expect((await thief.post("/v1/challenge/start", { kind: "email-code" })).status).toBe(422)
      expect((await thief.post("/v1/challenge/postpone")).status).toBeGreaterThanOrEqual(400)
      expect((await thief.post("/v1/factors", { kind: "email-code" })).status).toBe(401)
      const all = await ground.server.mails.to(who.email)
      for (const mail of all) {
        for (const link of mail.links) await thief.get(new URL(link).pathname + new URL(link).search)
        if (mail.code !== null)
          for (const kind of ["totp", "email-code", "recovery-code"])
            await thief.post("/v1/challenge/answer", { kind, answer: mail.code })
      }
      expect([name, await ground.whoIs(thief)]).toEqual([name, undefined])
    }
  })

  test("is told the token of a link once, and a link is good for its own purpose, account and time (C10)", async () => {
    const [who, other] = [await ground.person(), await ground.person()]
    const client = ground.client()
    await client.post("/v1/password/forgot", { email: who.email })
    const token = await mailedToken(who.email)
    // Not for another purpose, not at another door for another account.
    expect((await client.post("/v1/address/confirm", { token })).status).toBe(410)
    expect(
      (await ground.client({ origin: null }).get(`/api/accounts/emailconfirmation?email=${who.email}&token=${token}`))
        .status,
    ).toBe(400)
    const forOther = { email: other.email, token, password: freshPassword, confirmPassword: freshPassword }
    expect((await ground.client({ origin: null }).post("/api/accounts/resetpassword", forOther)).status).toBe(400)
    // A refused password leaves it good; two at once spend it once.
    expect((await client.post("/v1/password/reset", { token, password: "password1" })).status).toBe(422)
    const twice = await Promise.all(
      [1, 2, 3, 4].map((n) => client.post("/v1/password/reset", { token, password: `${freshPassword}${n}` })),
    )
    expect(twice.filter(({ status }) => status === 204)).toHaveLength(1)
    expect((await client.post("/v1/password/reset", { token, password: freshPassword })).status).toBe(410)

    await client.post("/v1/password/forgot", { email: other.email })
    const late = await mailedToken(other.email)
    ground.server.clock.advance(3600)
    expect((await client.post("/v1/password/reset", { token: late, password: freshPassword })).status).toBe(410)

    // An older link dies with what a newer one did.
    const third = await ground.person()
    await client.post("/v1/password/forgot", { email: third.email })
    const older = await mailedToken(third.email)
    ground.server.clock.advance(1)
    await client.post("/v1/password/forgot", { email: third.email })
    must(
      await client.post("/v1/password/reset", { token: await mailedToken(third.email), password: freshPassword }),
      204,
    )
    expect((await client.post("/v1/password/reset", { token: older, password: `${freshPassword}x` })).status).toBe(410)
  })
})

describe("what a session says of itself", () => {
  type Case = {
    readonly name: string
    readonly aal: "aal1" | "aal2"
    readonly amr: readonly string[]
    readonly come: () => Promise<Json>
  }
  const answered = async (who: Person, kind: string, answer: () => Promise<string> | string): Promise<Json> => {
    const half = await ground.half(who)
    if (kind === "email-code") must(await half.post("/v1/challenge/start", { kind }), 200)
    return must(await half.post<Json>("/v1/challenge/answer", { kind, answer: await answer() }), 200).json
  }
  // Written by hand, from NIST SP 800-63B-4, 2.2.1 and RFC 8176.
  const cases: readonly Case[] = [
    {
      name: "password, nothing enrolled",
      aal: "aal1",
      amr: ["pwd"],
      come: async () => (await ground.client().post<Json>("/v1/sign-in", credentials(await ground.plain()))).json,
    },
    {
      name: "password and app",
      aal: "aal2",
      amr: ["mfa", "otp", "pwd"],
      async come() {
        const who = await ground.person()
        return await answered(who, "totp", () => who.app.code())
      },
    },
    {
      name: "password and recovery code",
      aal: "aal2",
      amr: ["mfa", "pwd", "recovery"],
      async come() {
        const who = await ground.person()
        return await answered(who, "recovery-code", () => who.codes[0] ?? "")
      },
    },
    {
      name: "password and mailed code",
      aal: "aal2",
      amr: ["mail", "mfa", "pwd"],
      async come() {
        const who = await ground.person({ mailed: true })
        return await answered(who, "email-code", async () => (await ground.server.mails.latestTo(who.email)).code ?? "")
      },
    },
    {
      name: "password on a remembered device",
      aal: "aal1",
      amr: ["pwd"],
      async come() {
        const who = await ground.person()
        const browser = await ground.signedIn(who, { remember: true })
        return (await browser.post<Json>("/v1/sign-in", credentials(who))).json
      },
    },
    {
      name: "an app's own first step and the authenticator app",
      aal: "aal2",
      amr: ["external", "mfa", "otp"],
      async come() {
        const who = await ground.person()
        const opened = must(await ground.service.post<Json>(`/v1/users/${who.id}/challenges`, {}), 201)
        const program = ground.client({ bearer: String(opened.json["token"]) })
        return must(await program.post<Json>("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
          .json
      },
    },
  ]

  test.each(cases)("is what was proved: $name (C12)", async ({ aal, amr, come }) => {
    const { session } = (await come()) as { session: { aal: string; amr: string[] } }
    expect({ aal: session.aal, amr: session.amr.toSorted().filter((method) => method !== "mfa") }).toEqual({
      aal,
      amr: amr.filter((method) => method !== "mfa"),
    })
  })

  test("is the same in a signed token (C12)", async () => {
    const who = await ground.person()
    const client = ground.client({ origin: null })
    await client.post("/api/accounts/login", credentials(who))
    const given = await client.post<Json>("/api/accounts/twostepverification", {
      email: who.email,
      provider: "Authenticator",
      token: who.app.code(),
    })
    const claims = JSON.parse(
      Buffer.from(String(given.json["token"]).split(".")[1] ?? "", "base64url").toString(),
    ) as Json
    expect(claims).toMatchObject({ acr: "aal2", amr: ["pwd", "otp", "mfa"], sub: who.id })
  })

  test("never rises by a mailed code where a profile forbids it (C12)", async () => {
    const nist = await startGround({ profile: "nist-aal2" })
    const who = await nist.person()
    const browser = await nist.signedIn(who)
    expect((await browser.post("/v1/factors", { kind: "email-code" })).status).toBe(422)
    await expect(
      nist.server.engine.factors.add({ ...operator, userId: who.id }, { kind: "email-code" }),
    ).rejects.toThrow("kind_not_offered")
    // Nor is a browser remembered there (NIST SP 800-63B-4, 5.1).
    const half = await nist.half(who)
    const given = must(
      await half.post<Json>("/v1/challenge/answer", { kind: "totp", answer: who.app.code(), rememberDevice: true }),
      200,
    )
    expect(given.json).toMatchObject({ session: { aal: "aal2" } })
    expect(half.cookies.has("countersign-device")).toBe(false)
    await nist.close()
  })
})
