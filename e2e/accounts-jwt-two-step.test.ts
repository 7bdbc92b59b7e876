/** `/api/accounts`: the second step. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { problem, authResponse, expectSentence, tokenOf } from "./accounts-answers.ts"
import {
  type Accounts,
  type Answer,
  clientOrigin,
  linkIn,
  password,
  startAccounts,
  wrongCode,
} from "./accounts-client.ts"

let accounts: Accounts
beforeAll(async () => {
  accounts = await startAccounts()
})
afterAll(async () => {
  await accounts.close()
})

describe("the second step", () => {
  const begin = async () => {
    const { email, id } = await accounts.account({ mailedCode: true })
    expect((await accounts.login(email)).json).toMatchObject({ is2StepVerificationRequired: true })
    return { email, id, code: await accounts.codeOf(email) }
  }
  const refused = async (answer: Promise<Answer>) => {
    expectSentence(await answer, "Invalid Token Verification")
  }

  test("says what is missing", async () => {
    expect((await accounts.post("twostepverification", {})).json).toEqual(
      problem({
        Email: ["The Email field is required."],
        Provider: ["The Provider field is required."],
        Token: ["The Token field is required."],
      }),
    )
  })

  test("the mail has one group of six digits, not in the subject, and says how long it is good and what to do", async () => {
    const { email, code } = await begin()
    const mail = (await accounts.mailsTo(email)).at(-1)
    expect(mail?.subject).toBe("Your code for Harbour")
    for (const form of [mail?.text ?? "", mail?.html ?? ""]) expect(form.match(/\d{6,}/g)).toEqual([code])
    expect(mail?.text).toContain("10 minutes")
    expect(mail?.text).toContain("Was this not you?")
    expect(mail?.header("From")).toBe("Harbour <no-reply@harbour.example>")
  })

  test("a code is taken once", async () => {
    const { email, code } = await begin()
    tokenOf(await accounts.verify(email, code))
    await refused(accounts.verify(email, code))
  })

  test("of fifty that send one code at once, one gets in", async () => {
    const { email, code } = await begin()
    const answers = await Promise.all(Array.from({ length: 50 }, () => accounts.verify(email, code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]))
  })

  test("blanks around and within a code do not matter", async () => {
    const { email, code } = await begin()
    tokenOf(await accounts.verify(email, ` ${code.slice(0, 3)} ${code.slice(3)}\n`))
  })

  test("without the right password there is no code and nothing to answer", async () => {
    const { email } = await accounts.account({ mailedCode: true })
    await accounts.login(email, "wrong")
    expect((await accounts.mailsTo(email)).map(({ subject }) => subject)).not.toContain("Your code for Harbour")
    await refused(accounts.verify(email, "123456"))
  })

  test("an unknown address, no sign-in under way, a wrong code and what is no code are one answer", async () => {
    const { email, code } = await begin()
    const { email: idle } = await accounts.account({ mailedCode: true })
    const answers = [
      await accounts.verify("nobody@example.org", code),
      await accounts.verify("no address", code),
      await accounts.verify(idle, code),
      await accounts.verify(email, wrongCode(code)),
      await accounts.verify(email, "12345"),
      await accounts.verify(email, "abcdef"),
      await accounts.verify(email, "1".repeat(5_000)),
      await accounts.verify(email, code, "Phone"),
      await accounts.verify(email, code, "Authenticator"),
      await accounts.verify(email, code, "RecoveryCode"),
      await accounts.verify(email, code, "toString"),
      await accounts.verify(email, code, "email-code"),
    ]
    for (const answer of answers) {
      expectSentence(answer, "Invalid Token Verification")
      expect(answer.headers.get("retry-after")).toBeNull()
    }
    tokenOf(await accounts.verify(email, code))
  })

  test("another account's code is a wrong one", async () => {
    const mine = await begin()
    const yours = await begin()
    if (mine.code !== yours.code) await refused(accounts.verify(mine.email, yours.code))
    tokenOf(await accounts.verify(yours.email, yours.code))
  })

  test("a code dies after ten minutes", async () => {
    const { email, code } = await begin()
    accounts.server.clock.advance(601)
    await refused(accounts.verify(email, code))
  })

  test("signing in again mails a new code, and the older one is worth nothing, whatever became of the new one", async () => {
    const { email, code: first } = await begin()
    await accounts.login(email)
    const second = await accounts.codeOf(email)
    if (first !== second) await refused(accounts.verify(email, first))
    for (let tries = 0; tries < 5; tries++) await refused(accounts.verify(email, wrongCode(second)))
    accounts.server.clock.advance(61)
    await refused(accounts.verify(email, second))
    await refused(accounts.verify(email, first))
  })

  test("after five wrong codes the right one is refused", async () => {
    const { email, code } = await begin()
    for (let tries = 0; tries < 5; tries++) await refused(accounts.verify(email, wrongCode(code)))
    accounts.server.clock.advance(120)
    await refused(accounts.verify(email, code))
  })

  test("beginning anew gives no endless tries: the account waits", async () => {
    const { email, code } = await begin()
    for (let tries = 0; tries < 5; tries++) await refused(accounts.verify(email, wrongCode(code)))
    await accounts.login(email)
    const fresh = await accounts.codeOf(email)
    await refused(accounts.verify(email, fresh))
    accounts.server.clock.advance(61)
    tokenOf(await accounts.verify(email, fresh))
  })

  test("who has the password and fails here has the owner told, once", async () => {
    const { email, code } = await begin()
    await refused(accounts.verify(email, wrongCode(code)))
    await refused(accounts.verify(email, wrongCode(code)))
    const notices = (await accounts.mailsTo(email)).filter(({ subject }) =>
      subject.includes("stopped at the second step"),
    )
    expect(notices).toHaveLength(1)
    expect(notices[0]?.raw).not.toContain(code)
  })

  test("a new password ends a sign-in that waits for its code", async () => {
    const { email, code } = await begin()
    await accounts.post("forgotpassword", { email, clientURI: `${clientOrigin}/reset` })
    const { token } = linkIn((await accounts.mailsTo(email)).at(-1))
    const fresh = "Quiet-Meadow#2091"
    expect(
      (await accounts.post("resetpassword", { password: fresh, confirmPassword: fresh, email, token })).status,
    ).toBe(200)
    await refused(accounts.verify(email, code))
  })

  test("a challenge of another door is no sign-in here", async () => {
    const { email } = await accounts.account({ mailedCode: true })
    const native = await accounts.server.engine.signIn.withPassword({ email, password }, { door: "native" })
    if (native.status !== "second_factor") throw new Error("no second step")
    await accounts.server.engine.signIn.start({ token: native.token }, "email-code", { door: "native" })
    await refused(accounts.verify(email, await accounts.codeOf(email)))
  })

  test("an authenticator app and recovery codes go by their provider's name", async () => {
    const user = await accounts.server.createUser({ totp: true })
    expect((await accounts.login(user.email, user.password)).json).toEqual(
      authResponse({ is2StepVerificationRequired: true, provider: "Authenticator" }),
    )
    const code = user.app?.code() ?? ""
    await refused(accounts.verify(user.email, code, "Email"))
    tokenOf(await accounts.verify(user.email, code, "Authenticator"))

    const operator = { actor: { type: "operator", name: "test" }, source: { door: "cli" }, userId: user.id } as const
    const { codes } = await accounts.server.engine.recoveryCodes.replace(operator)
    await accounts.login(user.email, user.password)
    tokenOf(await accounts.verify(user.email, codes[0] ?? "", "RecoveryCode"))
    await accounts.login(user.email, user.password)
    await refused(accounts.verify(user.email, codes[0] ?? "", "RecoveryCode"))
  })
})
