/** `/api/2.0` from outside: a server process, keys and people of the command line, and the example's own scripts. */
import { execFile, execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { decode } from "fast-png"
import readQR from "qr/decode.js"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  type Answer,
  type Caller,
  earlyInStep,
  type Method,
  type Person,
  phoneWith,
  type Portal,
  startPortal,
  wrong,
} from "./docspace-client.ts"

let portal: Portal
let below: Portal
/** Without a factor; nobody links one. */
let plain: Person
let admin: Person
beforeAll(async () => {
  ;[portal, below] = await Promise.all([startPortal(), startPortal({ prefix: "/two/fa" })])
  ;[plain, admin] = await Promise.all([portal.personByCommand(), portal.personByCommand({ roles: ["Owner"] })])
})
afterAll(async () => {
  await Promise.all([portal.close(), below.close()])
})

const scriptOf = ({ key }: Person): Caller => portal.caller({ bearer: key })
const setup = (by: Caller, headers = {}) => by.get("/settings/tfaapp/setup", headers)
const validate = (by: Caller, code: unknown, headers = {}) => by.post("/settings/tfaapp/validate", { code }, headers)
const signIn = (by: Caller, { email, password }: Person, more = {}) =>
  by.post("/authentication", { userName: email, password, ...more })
const signInWithCode = (by: Caller, { email, password }: Person, code: string) =>
  by.post(`/authentication/${code}`, { userName: email, password, code })
const responseOf = ({ json }: Answer) => json.response as Record<string, string>
const codesOf = ({ json }: Answer) => json.response as { isUsed: boolean; code: string }[]
const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status)
const won = (answers: readonly Answer[]) => statusesOf(answers).filter((status) => status === 200).length

/** Every refusal has the status twice, a message, and nothing else. */
const expectRefused = (answer: Answer, status: number, message?: string) => {
  expect([answer.status, answer.json.status, answer.json.statusCode]).toEqual([status, 1, status])
  expect(Object.keys(answer.json.error ?? {})).toEqual(["message"])
  if (message !== undefined) expect(answer.json.error?.message).toBe(message)
  expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8")
  expect(answer.headers.get("cache-control")).toBe("no-store")
  expect(answer.text).not.toMatch(/stack|hresult|\.ts:|node:internal/)
}
const expectDone = (answer: Answer, count: number) => {
  const { status, json, headers } = answer
  expect([status, json.status, json.statusCode, json.count]).toEqual([200, 0, 200, count])
  expect(json).toHaveProperty("response")
  expect(json.links).toHaveLength(1)
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8")
  expect(headers.get("cache-control")).toBe("no-store")
}

const rows: [method: Method, path: string, body?: object][] = [
  ["GET", "/settings/tfaapp/setup"],
  ["POST", "/settings/tfaapp/validate", { code: "123456" }],
  ["GET", "/settings/tfaapp"],
  ["PUT", "/settings/tfaapp", { type: "App" }],
  ["PUT", "/settings/tfaappwithlink", { type: "App" }],
  ["GET", "/settings/tfaapp/confirm"],
  ["GET", "/settings/tfaappcodes"],
  ["PUT", "/settings/tfaappnewcodes"],
  ["PUT", "/settings/tfaappnewapp", {}],
  ["GET", "/keys"],
  ["GET", "/keys/@self"],
  ["GET", "/keys/permissions"],
  ["POST", "/keys", { name: "x" }],
  ["PUT", "/keys/01890000-0000-7000-8000-00000000000a", { name: "x" }],
  ["DELETE", "/keys/01890000-0000-7000-8000-00000000000a"],
  ["GET", "/people/@self"],
]

describe("refusals", () => {
  test.each(rows)("%s %s needs somebody who is signed in", async (method, path, body) => {
    for (const caller of [portal.caller(), portal.caller({ bearer: "csk_nothing" }), portal.caller({ bearer: "x" })]) {
      const answer = await caller.ask(method, path, body)
      expectRefused(answer, 401, "Authentication is required")
      expect(answer.headers.get("www-authenticate")).toBe("Bearer")
    }
  })

  test.each(rows)("%s %s takes no token in the address", async (method, path, body) => {
    const answer = await portal.caller().ask(method, `${path}?access_token=${plain.key}`, body)
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain(plain.key)
  })

  test.each(rows.filter(([method]) => method !== "GET"))(
    "%s %s is refused to a foreign page",
    async (method, path, body) => {
      const browser = portal.caller()
      await signIn(browser, plain)
      expectRefused(await browser.ask(method, path, body, { origin: "https://evil.example" }), 403, "Access denied")
    },
  )

  test("a body that can't be read is refused by every call that takes one", async () => {
    const script = scriptOf(admin)
    const calls = rows.filter(([method]) => method === "POST" || method === "PUT")
    for (const [method, path] of calls)
      for (const body of ["{", "[]", "null", '"x"', "{} x", '{"a":1,"a":2}', '{"a":"\\ud800"}']) {
        const answer = await script.ask(method, path, body)
        expect([path, body, answer.status]).toEqual([path, body, 400])
        expect(answer.json.statusCode).toBe(400)
      }
  })

  test("what is not served is 404 or 405, in the envelope", async () => {
    const script = scriptOf(plain)
    for (const [method, path, status] of [
      ["POST", "/settings/tfaapp/setup", 405],
      ["GET", "/settings/tfaapp/validate", 405],
      ["POST", "/settings/tfaappnewcodes", 405],
      ["DELETE", "/settings/tfaappnewapp", 405],
      ["PUT", "/authentication", 405],
      ["GET", "/settings/tfaapp/other", 404],
      ["GET", "/", 404],
    ] as const)
      expectRefused(await script.ask(method, path), status)
  })

  test("unknown user, wrong password and wrong code are one answer, to the letter", async () => {
    const person = await portal.person()
    const phone = await portal.linked(scriptOf(person))
    const stranger = { ...person, email: "nobody@example.org" }
    const forgetful = { ...person, password: "something else" }
    const answers = [
      await signIn(portal.caller(), stranger),
      await signIn(portal.caller(), forgetful),
      await signInWithCode(portal.caller(), stranger, "123456"),
      await signInWithCode(portal.caller(), forgetful, phone.code()),
      await signInWithCode(portal.caller(), person, wrong(phone.code())),
      await signInWithCode(portal.caller(), person, phone.code(-30)),
      await signInWithCode(portal.caller(), person, "letters"),
    ]
    for (const answer of answers) {
      expectRefused(answer, 401, "User authentication failed")
      expect(answer.text).toBe(answers[0]?.text)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })

  test("wrong codes: 400, five of them make the right one wait a minute, in both places", async () => {
    const person = await portal.person()
    const script = scriptOf(person)
    const fresh = await portal.phone(script)
    expectRefused(await validate(script, ""), 400)
    expectRefused(await validate(script, wrong(fresh.code())), 400, "Incorrect code")
    await validate(script, fresh.code())
    for (let count = 0; count < 5; count++)
      expectRefused(await validate(script, wrong(fresh.code())), 400, "Incorrect code")
    for (const refused of [
      await validate(script, fresh.code(30)),
      await signInWithCode(portal.caller(), person, fresh.code(30)),
    ]) {
      expectRefused(refused, 429)
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50)
    }
  })
})

describe("a script that has a base URL and a key", () => {
  test("fetches the set-up, the same each time, and links the app by the code", async () => {
    const person = await portal.person()
    const script = scriptOf(person)
    const first = await setup(script)
    expectDone(first, 1)
    const shown = responseOf(first)
    expect(shown).toEqual({
      account: person.email,
      manualEntryKey: expect.stringMatching(/^[A-Z2-7]{32}$/),
      qrCodeSetupImageUrl: expect.stringMatching(/^data:image\/png;base64,/),
    })
    expect(first.json.links).toEqual([{ href: `${portal.url}/api/2.0/settings/tfaapp/setup`, action: "GET" }])
    const again = await Promise.all(Array.from({ length: 8 }, () => setup(script)))
    expect(new Set(again.map((answer) => responseOf(answer)["manualEntryKey"]))).toEqual(
      new Set([shown["manualEntryKey"]]),
    )

    const phone = phoneWith(shown["manualEntryKey"] ?? "")
    const linked = await validate(script, phone.code())
    expectDone(linked, 1)
    expect(linked.json.response).toBe(true)
    expectRefused(await setup(script), 403)
    const codes = await script.get("/settings/tfaappcodes")
    expectDone(codes, 10)
    expect(codesOf(codes)[0]).toEqual({ isUsed: false, code: expect.stringMatching(/^[A-Z2-9]{10}$/) })
    expectRefused(await validate(script, phone.code()), 400, "Incorrect code")
    expect((await validate(script, phone.code(30))).json.response).toBe(true)
    const [backup] = codesOf(codes)
    expect((await validate(script, backup?.code)).json.response).toBe(true)
    expect(codesOf(await script.get("/settings/tfaappcodes"))[0]?.isUsed).toBe(true)
  })

  test("of a first code that is sent many times at once one links", async () => {
    const script = scriptOf(await portal.person())
    const phone = await portal.phone(script)
    const answers = await Promise.all(Array.from({ length: 12 }, () => validate(script, phone.code())))
    expect(won(answers)).toBe(1)
    expect(statusesOf(answers).every((status) => [200, 400, 409].includes(status))).toBe(true)
    expectDone(await script.get("/settings/tfaappcodes"), 10)
  })

  test("gets a picture that phones read", async () => {
    const { qrCodeSetupImageUrl = "", manualEntryKey = "" } = responseOf(await setup(scriptOf(plain)))
    const png = Buffer.from(qrCodeSetupImageUrl.split(",")[1] ?? "", "base64")
    const { width, height, data } = decode(png)
    const pixels = Uint8Array.from(data).reduce<number[]>((all, grey) => (all.push(grey, grey, grey, 255), all), [])
    const address = readQR({ width, height, data: Uint8Array.from(pixels) })
    expect(new URL(address).searchParams.get("secret")).toBe(manualEntryKey)
    expect(address).toContain(`otpauth://totp/Harbour:${encodeURIComponent(plain.email)}`)

    const zbarimg = "/usr/bin/zbarimg"
    if (!existsSync(zbarimg)) {
      // oxlint-disable-next-line no-console -- what does not run says so
      console.warn("SKIPPED: zbarimg is not installed; the picture was not read by a program of somebody else")
      return
    }
    const folder = mkdtempSync(join(tmpdir(), "countersign-qr-"))
    writeFileSync(join(folder, "code.png"), png)
    const read = execFileSync(zbarimg, ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", join(folder, "code.png")], {
      stdio: ["ignore", "pipe", "ignore"],
    })
    rmSync(folder, { recursive: true })
    expect(read.toString().trim()).toBe(address)
  })

  test("works below a path of the public URL", async () => {
    const person = await below.person()
    const script = below.caller({ bearer: person.key })
    const shown = await setup(script)
    expectDone(shown, 1)
    expect(shown.json.links?.[0]?.href).toBe(`${below.url}/api/2.0/settings/tfaapp/setup`)
    expect(below.url).toMatch(/\/two\/fa$/)
    await below.linked(script)
    expect(responseOf(await signIn(below.caller(), person))["confirmUrl"]).toMatch(`${below.url}/account/second-step`)
  })

  test("is held to its permissions", async () => {
    const [reader, writer, other] = await Promise.all(
      ["*:read", "*:write", "rooms:write"].map(async (scopes) =>
        portal.caller({ bearer: await portal.keyOf(plain.email, scopes) }),
      ),
    )
    expectDone(await reader!.get("/settings/tfaapp"), 1)
    expectRefused(await setup(reader!), 403)
    expectRefused(await validate(reader!, "123456"), 403)
    expectRefused(await reader!.put("/settings/tfaappnewapp", {}), 403)
    expectDone(await setup(writer!), 1)
    for (const path of ["/settings/tfaapp", "/settings/tfaapp/setup", "/people/@self", "/keys"])
      expectRefused(await other!.get(path), 403)
  })

  test("takes no app away that is linked, unless it was made for that", async () => {
    const person = await portal.person()
    const script = scriptOf(person)
    const phone = await portal.linked(script)
    expectRefused(await script.put("/settings/tfaappnewapp", {}), 403)
    expectRefused(await script.put("/settings/tfaappnewcodes"), 403)
    const allowed = portal.caller({ bearer: await portal.keyOf(person.email, "accounts.self:write") })
    const codes = await allowed.put("/settings/tfaappnewcodes")
    expectDone(codes, 10)
    const session = await signInWithCode(portal.caller(), person, phone.code())
    const away = await allowed.put("/settings/tfaappnewapp", {})
    expectDone(away, 1)
    expect(away.json.response).toEqual(expect.stringContaining(`${portal.url}/account/`))
    // The session has ended, the keys go on.
    const bearer = portal.caller({ bearer: responseOf(session)["token"] ?? "" })
    expectRefused(await bearer.get("/people/@self"), 401)
    expect((await portal.phone(script)).secret).not.toBe(phone.secret)
    expectRefused(await script.get("/settings/tfaappcodes"), 403)
  })
})

describe("signing in", () => {
  test("without a second step: a token for bearer and cookie, until signing out", async () => {
    const browser = portal.caller()
    expect((await browser.get("/authentication")).json.response).toBe(false)
    const answer = await signIn(browser, plain)
    expectDone(answer, 1)
    expect(responseOf(answer)).toEqual({ token: expect.any(String), expires: expect.any(String) })
    const { token = "" } = responseOf(answer)
    expect(browser.cookies.get("asc_auth_key")).toBe(token)
    const bearer = portal.caller({ bearer: token })
    for (const by of [browser, bearer]) expect((await by.get("/authentication")).json.response).toBe(true)
    expect(responseOf(await bearer.get("/people/@self"))["email"]).toBe(plain.email)
    expectDone(await bearer.post("/authentication/logout"), 0)
    for (const by of [browser, bearer]) expect((await by.get("/authentication")).json.response).toBe(false)
    expect(responseOf(await signIn(portal.caller(), plain, { session: true }))).toEqual({ token: expect.any(String) })
    expectRefused(await signInWithCode(portal.caller(), plain, "123456"), 403)
  })

  test("with an app: a link whose page asks for the code, or the code at once", async () => {
    const person = await portal.person()
    const phone = await portal.linked(scriptOf(person))
    const browser = portal.caller()
    const first = await signIn(browser, person)
    expect(responseOf(first)).toEqual({ tfa: true, confirmUrl: expect.any(String) })
    const { confirmUrl = "" } = responseOf(first)
    const page = await browser.get(new URL(confirmUrl).pathname, { accept: "text/html" })
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('name="code"')])
    const done = await signInWithCode(portal.caller(), person, phone.code())
    expect(responseOf(done)).toEqual({ token: expect.any(String), expires: expect.any(String), tfa: true })
    // The link is settled in the browser, with the next code.
    const confirm = `type=TfaAuth&uid=${person.id}`
    expect((await validate(browser, phone.code(), { confirm })).status).toBe(400)
    expect((await validate(browser, phone.code(30), { confirm })).json.response).toBe(true)
    expect((await browser.get("/authentication")).json.response).toBe(true)
  })

  test("one code at every door at once signs in once", async () => {
    const person = await portal.person()
    const script = scriptOf(person)
    const phone = await portal.linked(script)
    const code = phone.code()
    const { email, password } = person
    const native = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const browser = portal.caller()
        await browser.post("/v1/sign-in", { email, password })
        return browser
      }),
    )
    const answers = await Promise.all([
      ...native.map((browser) => browser.post("/v1/challenge/answer", { kind: "totp", answer: code })),
      ...Array.from({ length: 4 }, () => signInWithCode(portal.caller(), person, code)),
      ...Array.from({ length: 4 }, () =>
        portal.caller().post("/identity/login?useCookies=false", { email, password, twoFactorCode: code }),
      ),
      ...Array.from({ length: 4 }, () => validate(script, code)),
    ])
    expect(won(answers)).toBe(1)
    expect(statusesOf(answers).filter((status) => status >= 500)).toEqual([])
  })

  test("a backup code in parallel signs in once", async () => {
    const person = await portal.person()
    const script = scriptOf(person)
    await portal.linked(script)
    const [{ code } = { code: "" }] = codesOf(await script.get("/settings/tfaappcodes"))
    const answers = await Promise.all(Array.from({ length: 8 }, () => signInWithCode(portal.caller(), person, code)))
    expect(won(answers)).toBe(1)
  })
})

describe("the demand for an app", () => {
  test("is an administrator's to switch, and changes who is let in", async () => {
    const person = await portal.person()
    const script = scriptOf(admin)
    const turn = (body: object) => script.put("/settings/tfaapp", body)
    for (const body of [{ type: "App" }, { type: "None" }])
      expectRefused(await scriptOf(person).put("/settings/tfaapp", body), 403, "Access denied")
    expectRefused(await turn({ type: "Sms" }), 403, "SMS settings are not available")
    expectRefused(await turn({ type: "App", trustedIps: ["everywhere"] }), 400)
    const before = await signIn(portal.caller(), person)
    const session = portal.caller({ bearer: responseOf(before)["token"] ?? "" })
    expect((await session.get("/settings/tfaapp/confirm")).json.response).toBeNull()

    try {
      const on = await turn({ type: 2, trustedIps: ["192.0.2.0/24"] })
      expectDone(on, 1)
      expect(on.json.response).toBe(true)
      expect((await scriptOf(person).get("/settings/tfaapp")).json.response).toEqual([
        { id: "app", title: "By authenticator app", enabled: true, available: true, trustedIps: ["192.0.2.0/24"] },
      ])
      expectRefused(await session.get("/settings/tfaapp"), 401)

      const browser = portal.caller()
      const owed = responseOf(await signIn(browser, person))
      expect(owed).toEqual({
        tfa: true,
        tfaKey: expect.stringMatching(/^[A-Z2-7]{32}$/),
        confirmUrl: expect.any(String),
      })
      const page = await browser.get(new URL(owed["confirmUrl"] ?? "").pathname, { accept: "text/html" })
      // In groups of four, for eyes.
      expect(page.text.replaceAll(/<[^>]*>|\s/g, "")).toContain(owed["tfaKey"])
      const native = await portal.caller().post("/v1/sign-in", { email: person.email, password: person.password })
      expect((native.json as unknown as { status: string }).status).toBe("enrolment")

      const phone = phoneWith(owed["tfaKey"] ?? "")
      const linked = await signInWithCode(portal.caller(), person, phone.code())
      expect(responseOf(linked)).toMatchObject({ token: expect.any(String), tfa: true })
      const bearer = portal.caller({ bearer: responseOf(linked)["token"] ?? "" })
      expect(responseOf(await bearer.get("/people/@self"))["tfaAppEnabled"]).toBe(true)
      expect(responseOf(await bearer.get("/settings/tfaapp/confirm"))).toEqual({
        url: `${portal.url}/account/step-up?type=TfaAuth&uid=${person.id}`,
        cookieName: "asc_confirm_key_TfaAuth",
        cookieValue: expect.any(String),
      })

      expect((await turn({ type: "App", trustedIps: ["127.0.0.1", "::1"] })).json.response).toBe(true)
      expect(responseOf(await signIn(portal.caller(), plain))).toHaveProperty("token")
      await turn({ type: "App", trustedIps: ["127.0.0.1", "::1"], mandatoryUsers: [plain.id] })
      expect(responseOf(await signIn(portal.caller(), plain))).toMatchObject({ tfa: true })
    } finally {
      expect((await turn({ type: "None" })).json.response).toBe(false)
    }
    expect(responseOf(await signIn(portal.caller(), plain))).toHaveProperty("token")
    expect((await script.put("/settings/tfaappwithlink", { type: 0 })).json.response).toBe("")
  })

  test("an owner takes another's app away, and nobody else does", async () => {
    const person = await portal.person()
    await portal.linked(scriptOf(person))
    expectRefused(await scriptOf(plain).put("/settings/tfaappnewapp", { id: person.id }), 403, "Access denied")
    const gone = await scriptOf(admin).put("/settings/tfaappnewapp", { id: person.id })
    expectDone(gone, 1)
    expect(gone.json.response).toBe("")
    expectDone(await setup(scriptOf(person)), 1)
    expectRefused(await scriptOf(admin).put("/settings/tfaappnewapp", { id: admin.id.replace(/^../, "ff") }), 403)
  })
})

test("keys are made, listed without their text, and end", async () => {
  const browser = portal.caller()
  await signIn(browser, plain)
  const made = await browser.post("/keys", { name: "Robot", permissions: ["*:read"], expiresInDays: 1 })
  expectDone(made, 1)
  const { id = "", key = "" } = responseOf(made)
  expect(responseOf(made)).toMatchObject({
    name: "Robot",
    keyPostfix: key.slice(-4),
    isActive: true,
    createBy: plain.id,
  })
  const robot = portal.caller({ bearer: key })
  expect(responseOf(await robot.get("/keys/@self"))).toMatchObject({ id, permissions: ["*:read"] })
  const listed = await browser.get("/keys")
  expect(listed.text).toContain(id)
  expect(listed.text).not.toContain(key)
  expectRefused(
    await browser.post("/keys", { name: "x", permissions: ["everything"] }),
    400,
    "Permissions are not valid.",
  )
  expect((await browser.delete(`/keys/${id}`)).json.response).toBe(true)
  expectRefused(await robot.get("/keys/@self"), 401)
})

describe("the example's scripts", () => {
  const folder = fileURLToPath(new URL("../examples/docspace-connect/", import.meta.url))
  const run = async (program: string, file: string, environment: Record<string, string>, ...args: string[]) =>
    await new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(program, [join(folder, file), ...args], { env: { ...process.env, ...environment } }, (error, out, err) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, out, err }),
      )
    })

  test.each([
    [process.execPath, "connect.mjs"],
    ["python3", "connect.py"],
  ])("%s %s connects an app", async (program, file) => {
    const person = await portal.person()
    const pictures = mkdtempSync(join(tmpdir(), "countersign-example-"))
    const picture = join(pictures, "qr.png")
    const environment = { BASE_URL: portal.url, API_KEY: person.key, QR_FILE: picture }
    const shown = await run(program, file, environment)
    expect([shown.code, shown.err]).toEqual([0, ""])
    expect(shown.out).toContain(`account  ${person.email}`)
    const secret = /^key +([A-Z2-7]{32})$/m.exec(shown.out)?.[1] ?? ""
    expect(readFileSync(picture).subarray(1, 4).toString()).toBe("PNG")
    rmSync(pictures, { recursive: true })

    const phone = phoneWith(secret)
    const refused = await run(program, file, environment, wrong(phone.code()))
    expect([refused.code, refused.err.trim()]).toEqual([1, "400: Incorrect code"])
    await earlyInStep()
    const done = await run(program, file, environment, phone.code())
    expect([done.code, done.err]).toEqual([0, ""])
    expect(done.out.match(/^backup +[A-Z2-9]{10}$/gm)).toHaveLength(10)
    const again = await run(program, file, environment)
    expect([again.code, again.err.trim()]).toEqual([1, "403: An authenticator app is connected already"])
    expect((await run(program, file, { BASE_URL: "", API_KEY: "" })).code).toBe(2)
  })
})
