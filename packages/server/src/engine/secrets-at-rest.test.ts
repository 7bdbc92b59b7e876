import { expect, test } from "vitest"
import type { Database, Statement } from "../store/database.ts"
import { sql } from "../store/database.ts"
import { sceneForTests, sceneOf } from "./sign-in/scene-for-tests.ts"
import { decodeBase32 } from "./factors/totp/base32.ts"
import { password, person, service, source } from "./users/people-for-tests.ts"

/** Every row of every table, as text. SQLite only. */
async function everything(database: Database): Promise<string> {
  const tables = await database.query<{ name: string }>(sql`select name from sqlite_schema where type = 'table'`)
  const rows: unknown[] = []
  for (const { name } of tables) {
    const text = [`select * from "${name}"`]
    const statement: Statement = { template: Object.assign(text, { raw: text }), values: [] }
    rows.push(name, await database.query(statement))
  }
  return JSON.stringify(rows)
}

test("after every flow the database holds no password, key, code or token in any plain form", async () => {
  const scene = await sceneForTests({ settings: { secondFactor: { rule: "optional" } } })
  const secrets: string[] = [password]
  const keep = (...values: (string | undefined)[]): void =>
    void secrets.push(...values.filter((value) => value !== undefined))

  // Enrol, with a copy of the recovery codes waiting.
  const { app, confirmed, on } = await scene.withApp()
  keep(confirmed.token, ...(confirmed.recoveryCodes ?? []))
  const secret = Buffer.from(decodeBase32(app.secret) ?? [])
  keep(
    app.secret,
    secret.toString("hex"),
    secret.toString("base64"),
    secret.toString("base64url"),
    secret.toString("latin1"),
  )
  const pending = await scene.engine.factors.begin(on, { kind: "totp" })
  keep(String(pending.show["secret"]))

  // A mailed code, waiting and used.
  await scene.engine.factors.begin(on, { kind: "email-code" })
  const mailed = await scene.mailedCode()
  const withMail = await scene.engine.factors.confirm(on, { kind: "email-code", answer: mailed })
  keep(withMail.token)
  const waiting = await scene.challenge()
  await scene.engine.signIn.start({ token: waiting }, "email-code", source)
  keep(waiting)

  // Sign-ins of every sort, one of them remembered.
  const done = await scene.answer(await scene.challenge(), "totp", app.code(), true)
  keep(done.token, done.status === "complete" ? done.deviceToken : undefined)
  await scene.answer(await scene.challenge(), "recovery-code", confirmed.recoveryCodes?.[0])
  await scene.answer(await scene.challenge(), "totp", "000000").catch(() => {})
  await scene.signIn({ password: "a wrong Password 1" }).catch(() => {})
  keep("a wrong Password 1")

  // Step-up and tokens for actions.
  scene.nextStep()
  const now = await scene.as(done.token)
  const { token: stepUp } = await scene.engine.stepUp.open(now, { level: "multi_factor" })
  await scene.answer(stepUp, "password", password)
  const fresh = await scene.answer(stepUp, "totp", app.code())
  keep(stepUp, fresh.token)
  const again = await scene.as(fresh.token)
  const { token: mfa } = await scene.engine.mfaTokens.mint(again, {})
  await scene.engine.mfaTokens.spend({ actor: service("mfa-tokens:spend"), source }, { token: mfa })
  keep(mfa)

  const stored = await everything(scene.database)
  expect(stored).toContain(scene.user.id)
  for (const value of secrets)
    for (const form of [
      value,
      value.replace(/^cs[a-z]_/, ""),
      Buffer.from(value).toString("hex"),
      Buffer.from(value).toString("base64"),
    ])
      expect(stored.includes(form)).toBe(false)
  // A six-digit code may stand in a number by chance; as a value of its own it must not.
  for (const code of [mailed, await scene.mailedCode(), app.code()]) expect(stored).not.toContain(`"${code}"`)
  expect(scene.reports).toEqual([])
  await scene.close()
})

test("a factor's row that is copied to another user does not open there", async () => {
  const scene = await sceneForTests()
  const { app } = await scene.withApp()
  const otto = await person(scene.ctx, "otto@parcelforge.example")
  await scene.database.commit([{ statement: sql`update factors set user_id = ${otto.id}` }])
  const theirs = sceneOf(scene, otto)
  await expect(theirs.challenge()).rejects.toThrow("altered or moved")
  expect(app.code()).toHaveLength(6)
  await scene.close()
})
