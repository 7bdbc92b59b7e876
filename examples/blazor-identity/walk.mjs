// Makes the calls that the pages of the Blazor WebAssembly sample make, in the order in which a person comes to them,
// and holds each answer against what the pages read. It needs a running Countersign in development, and nothing else:
//
//   node walk.mjs                        against http://localhost:3000
//   COUNTERSIGN_URL=… node walk.mjs      against another address
//
// Mails are read from the development mailbox. Ends with 0 when everything was as it should be.
import { strict as assert } from "node:assert"
import { createHmac, randomUUID } from "node:crypto"

const server = (process.env.COUNTERSIGN_URL ?? process.argv[2] ?? "http://localhost:3000").replace(/\/$/, "")
// What the sample's appsettings.json holds as BackendUrl: the slash at the end matters.
const backendUrl = `${server}/identity/`

const email = `walk-${randomUUID().slice(0, 8)}@contoso.com`
const password = "Mellow-Harbour#71"
const newPassword = "Quiet-Meadow#2091"

// ---- a browser: keeps cookies, says what the sample's CookieHandler says with every call

const cookies = new Map()

async function call(path, body) {
  const response = await fetch(new URL(path, backendUrl), {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "x-requested-with": "XMLHttpRequest",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(cookies.size > 0 && { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  for (const line of response.headers.getSetCookie()) {
    const [name, value] = line.split(";")[0].split("=")
    if (/max-age=0/i.test(line)) cookies.delete(name)
    else cookies.set(name, value)
  }
  const text = await response.text()
  return { status: response.status, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined }
}

const manage = async (wish = {}) => {
  const { status, json } = await call("manage/2fa", wish)
  assert.equal(status, 200)
  return json
}

/** What the state provider does at the start, and after each sign-in or sign-out. */
async function whoAmI() {
  const info = await call("manage/info")
  if (info.status !== 200) return undefined
  const roles = await call("roles")
  assert.equal(roles.status, 200)
  assert.ok(Array.isArray(roles.json))
  return info.json
}

async function signOut() {
  assert.ok(await whoAmI())
  assert.equal((await call("logout", {})).status, 200)
  assert.equal(await whoAmI(), undefined)
}

// ---- a phone with an authenticator app (RFC 6238)

const step = 30_000

function codeOf(key, stepsFromNow = 0) {
  const bits = [...key].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
  const secret = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / step) + stepsFromNow))
  const digest = createHmac("sha1", secret).update(counter).digest()
  const number = (digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1_000_000
  return String(number).padStart(6, "0")
}

/** So that no time step ends in the middle of the walk. */
async function earlyInStep() {
  const left = step - (Date.now() % step)
  if (left < 8_000) await new Promise((resolve) => setTimeout(resolve, left + 100))
}

// ---- a mailbox

async function mail(subject) {
  const until = Date.now() + 15_000
  while (Date.now() < until) {
    const { mails } = await (await fetch(`${server}/dev/mailbox.json?to=${encodeURIComponent(email)}`)).json()
    const found = mails.find((one) => one.subject === subject)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no mail with the subject ${subject}`)
}

const done = (what) => console.log(`✓ ${what}`)

// ---- the walk

assert.equal(await whoAmI(), undefined)
done("start: nobody is signed in")

const refused = await call("register", { email, password: "abc" })
assert.equal(refused.status, 400)
assert.ok(Object.values(refused.json.errors).flat().length > 0)
done("Register: a weak password is refused, with a text for each reason")

assert.equal((await call("register", { email, password })).status, 200)
done("Register: the account is made")

const [link] = (await mail("Confirm your email")).links
assert.equal((await fetch(link)).status, 200)
done("mail: the address is confirmed")

const wrong = await call("login?useCookies=true", { email, password: "wrong" })
assert.deepEqual([wrong.status, wrong.json.detail], [401, "Failed"])
assert.equal((await call("login?useCookies=true", { email, password })).status, 200)
assert.deepEqual(await whoAmI(), { email, isEmailConfirmed: true })
done("Login: with the password")

const { sharedKey, isTwoFactorEnabled } = await manage()
assert.match(sharedKey, /^[A-Z2-7]{32}$/)
assert.equal(isTwoFactorEnabled, false)
done(`Manage 2FA: the page draws otpauth://totp/App:${email}?secret=…&issuer=App&digits=6`)

await earlyInStep()
const mistyped = await call("manage/2fa", { enable: true, twoFactorCode: "12345" })
assert.deepEqual(Object.keys(mistyped.json.errors), ["InvalidTwoFactorCode"])
// A code is good once. The walk turns it on with the code of half a minute ago, to have this one for the sign-in.
const enabled = await manage({ enable: true, twoFactorCode: codeOf(sharedKey, -1) })
assert.deepEqual([enabled.isTwoFactorEnabled, enabled.recoveryCodes.length], [true, 10])
done("Manage 2FA: it is on, and ten recovery codes are shown")

await signOut()
done("Logout")

const first = await call("login?useCookies=true", { email, password })
assert.deepEqual([first.status, first.json.detail], [401, "RequiresTwoFactor"])
const twoFactorCode = codeOf(sharedKey)
assert.equal((await call("login?useCookies=true", { email, password, twoFactorCode })).status, 200)
assert.equal((await manage()).isMachineRemembered, true)
assert.equal((await manage({ forgetMachine: true })).isMachineRemembered, false)
done("Login: asks for the code of the app; the machine is forgotten again")

await signOut()
const again = await call("login?useCookies=true", { email, password, twoFactorCode })
assert.deepEqual([again.status, again.json.detail], [401, "Failed"])
done("Login: the same code a second time is none")

const [twoFactorRecoveryCode] = enabled.recoveryCodes
assert.equal((await call("login?useCookies=true", { email, password, twoFactorRecoveryCode })).status, 200)
assert.equal((await manage()).recoveryCodesLeft, 9)
done("Login: with a recovery code; nine are left")

const { recoveryCodes } = await manage({ resetRecoveryCodes: true })
assert.equal(recoveryCodes.length, 10)
done("Manage 2FA: ten new recovery codes, the old ones are void")

const disabled = await manage({ enable: false, resetSharedKey: true })
assert.equal(disabled.isTwoFactorEnabled, false)
assert.notEqual(disabled.sharedKey, sharedKey)
await signOut()
assert.equal((await call("login?useCookies=true", { email, password })).status, 200)
done("Manage 2FA: it is off under a new key, and the password is enough")

await signOut()
assert.equal((await call("forgotPassword", { email })).status, 200)
const [, resetCode] = /code: (\S+)/.exec((await mail("Reset your password")).text)
const bad = await call("resetPassword", { email, resetCode: "x", newPassword })
assert.deepEqual(Object.keys(bad.json.errors), ["InvalidToken"])
assert.equal((await call("resetPassword", { email, resetCode, newPassword })).status, 200)
assert.equal((await call("login?useCookies=true", { email, password })).status, 401)
assert.equal((await call("login?useCookies=true", { email, password: newPassword })).status, 200)
assert.equal((await whoAmI()).email, email)
done("Forgot password: the mailed code sets a new one")
