import { createHmac, generateKeyPairSync } from "node:crypto"
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
  type JSONWebKeySet,
} from "jose"
import { afterEach, beforeEach, expect, test } from "vitest"
import { sql } from "../../store/database.ts"
import { contextForTests, type ContextForTests } from "../../testing/engine.ts"
import type { JwtSigning, User } from "../engine.ts"
import { dump, person, signIn, source, type SignedIn } from "../users/people-for-tests.ts"
import { sessionsOf } from "./session-list.ts"

const about = { issuer: "https://auth.example", audience: "https://api.example" }
const secret = new Uint8Array(32).fill(9)
let tests: ContextForTests
let user: User
let session: SignedIn
beforeEach(async () => {
  tests = await contextForTests()
  user = await person(tests.ctx)
  session = await signIn(tests.ctx, user, { kinds: ["password", "totp"] })
})
afterEach(() => tests.close())
const sessions = () => sessionsOf(tests.ctx)
const issue = (signing: JwtSigning = about, more: { seconds?: number; claims?: Record<string, unknown> } = {}) =>
  sessions().issueJwt(session.actor.session.id, { ...signing, seconds: 300, ...more })
const actorOf = (token: string, signing: JwtSigning = about) => sessions().authenticateJwt(token, signing, source)

const ways: readonly (readonly [string, JwtSigning])[] = [
  ["ES256", about],
  ["EdDSA", { ...about, algorithm: "EdDSA" }],
  ["HS256", { ...about, secret }],
]

test.each(ways)(
  "a token signed with %s says who, how strongly and until when, and acts for its session",
  async (algorithm, signing) => {
    const { token, expiresIn } = await issue(signing, { claims: { role: "Viewer" } })
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: "JWT" })
    const now = Math.floor(tests.clock.now() / 1000)
    expect(decodeJwt(token)).toMatchObject({
      iss: about.issuer,
      aud: about.audience,
      sub: user.id,
      sid: session.actor.session.id,
      iat: now,
      nbf: now,
      exp: now + 300,
      auth_time: now,
      acr: "aal2",
      amr: ["pwd", "otp", "mfa"],
      role: "Viewer",
    })
    expect(expiresIn).toBe(300)
    expect(await actorOf(token, signing)).toMatchObject({
      type: "session",
      user: { id: user.id },
      session: { id: session.actor.session.id, aal: 2 },
    })
  },
)

test("a resource server checks a token with the published keys, which hold nothing private", async () => {
  const before = await sessions().jwks()
  expect(before.keys).toHaveLength(1)
  const tokens = [await issue(), await issue({ ...about, algorithm: "EdDSA" })]
  const set = await sessions().jwks()
  expect(set.keys).toHaveLength(2)
  for (const key of set.keys) {
    expect(key).toMatchObject({ use: "sig" })
    expect(Object.keys(key)).not.toContain("d")
  }
  for (const { token } of tokens) {
    const { payload } = await jwtVerify(token, createLocalJWKSet(set as unknown as JSONWebKeySet), {
      ...about,
      currentDate: new Date(tests.clock.now()),
    })
    expect(payload.sub).toBe(user.id)
  }
})

test("the private key stands in the database only sealed, and survives a rotation and a restart", async () => {
  const { token } = await issue()
  const [row] = await tests.database.query<{ name: string; value: string }>(sql`select name, value from settings`)
  expect(row?.value).toMatch(/^v1\./)
  expect(await dump(tests.ctx)).not.toContain('"d":')
  await tests.ctx.vault.rotate()
  const restarted = await contextForTests({ database: tests.database })
  restarted.clock.set(tests.clock.now())
  expect(await sessionsOf(restarted.ctx).authenticateJwt(token, about, source)).toBeDefined()
})

test("nodes that make the first key at once agree on one", async () => {
  const nodes = await Promise.all(Array.from({ length: 4 }, () => contextForTests({ database: tests.database })))
  const tokens = await Promise.all(
    nodes.map(({ ctx }) => sessionsOf(ctx).issueJwt(session.actor.session.id, { ...about, seconds: 300 })),
  )
  for (const { token } of tokens)
    for (const { ctx } of nodes) expect(await sessionsOf(ctx).authenticateJwt(token, about, source)).toBeDefined()
})

test("a token ends with its time and with its session", async () => {
  const { token } = await issue()
  tests.clock.advance(299)
  expect(await actorOf(token)).toBeDefined()
  tests.clock.advance(1)
  expect(await actorOf(token)).toBeUndefined()
  const second = await issue()
  await sessions().signOut(session.token, source)
  expect(await actorOf(second.token)).toBeUndefined()
})

test("a token never outlives its session", async () => {
  const { token, expiresIn } = await issue(about, { seconds: 10 * 365 * 86_400 })
  expect(decodeJwt(token).exp).toBe(Math.floor(session.actor.session.expiresAt / 1000))
  expect(expiresIn).toBe(tests.ctx.settings.session.seconds)
})

test("a door's claims replace none of ours", async () => {
  const claims = {
    sub: "somebody",
    sid: "x",
    acr: "aal9",
    amr: ["x"],
    auth_time: 0,
    iss: "x",
    aud: "x",
    exp: 9_999_999_999,
    iat: 0,
    nbf: 0,
    jti: "x",
  }
  const { token } = await issue(about, { claims })
  expect(decodeJwt(token)).toMatchObject({ sub: user.id, acr: "aal2", iss: about.issuer, aud: about.audience })
  expect(decodeJwt(token).exp).toBeLessThan(9_999_999_999)
  expect(await actorOf(token)).toBeDefined()
})

test("an attacker who forges a token gets nowhere", async () => {
  const good = await issue()
  const claims = decodeJwt(good.token)
  const [header = "", body = "", signature = ""] = good.token.split(".")
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const published = (await sessions().jwks()).keys[0] as unknown as { kid: string }
  const asSecret = Buffer.from(JSON.stringify(published))
  const mac = createHmac("sha256", asSecret)
    .update(`${part({ alg: "HS256", typ: "JWT" })}.${body}`)
    .digest("base64url")
  const forged = {
    "without a signature": `${header}.${body}.`,
    "alg none": new UnsecuredJWT(claims).encode(),
    "alg None in the header": `${part({ alg: "None" })}.${body}.${signature}`,
    "the public key as an HMAC secret": `${part({ alg: "HS256", typ: "JWT" })}.${body}.${mac}`,
    "another key": await new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: published.kid })
      .sign(other.privateKey),
    "another key that it brings along": await new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", jwk: other.publicKey.export({ format: "jwk" }) })
      .sign(other.privateKey),
    "another user": `${header}.${part({ ...claims, sub: "somebody" })}.${signature}`,
    "a later end": `${header}.${part({ ...claims, exp: 9_999_999_999 })}.${signature}`,
    "another's issuer": (await issue({ ...about, issuer: "https://evil.example" })).token,
    "another audience": (await issue({ ...about, audience: "https://other.example" })).token,
    "HS256 of another door": (await issue({ ...about, secret })).token,
    "EdDSA where ES256 is meant": (await issue({ ...about, algorithm: "EdDSA" })).token,
    "a session token": session.token,
    "two dots": "..",
    nothing: "",
    "a very long text": "x".repeat(100_000),
  }
  const passed: string[] = []
  for (const [name, token] of Object.entries(forged)) if (await actorOf(token)) passed.push(name)
  expect(passed).toEqual([])
  for (let at = 0; at < good.token.length; at += 7) {
    // The last sign's spare bits say nothing.
    if (at === good.token.length - 1) continue
    const bent = good.token.slice(0, at) + (good.token[at] === "A" ? "B" : "A") + good.token.slice(at + 1)
    expect(await actorOf(bent)).toBeUndefined()
  }
  expect(
    await actorOf((await issue({ ...about, secret })).token, { ...about, secret: new Uint8Array(32).fill(8) }),
  ).toBeUndefined()
})

test("a token of a session that is not its subject's is refused", async () => {
  const mallory = await person(tests.ctx, "mallory@parcelforge.example")
  const token = await new SignJWT({ sid: session.actor.session.id })
    .setSubject(mallory.id)
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(about.issuer)
    .setAudience(about.audience)
    .setExpirationTime(Math.floor(tests.clock.now() / 1000) + 60)
    .sign(secret)
  expect(await actorOf(token, { ...about, secret })).toBeUndefined()
})

test("a short secret, or another algorithm, is a programmer's mistake", async () => {
  await expect(issue({ ...about, secret: new Uint8Array(31) })).rejects.toThrow(TypeError)
  await expect(issue({ ...about, algorithm: "none" as "ES256" })).rejects.toThrow(TypeError)
})
