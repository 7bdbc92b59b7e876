/** `/identity` where an installation has decided otherwise: over https for a front end of another site, and strictly. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startTestServer } from "countersign/testing"
import { describe, expect, test } from "vitest"
import { appOrigin, linkIn, said, startIdentity } from "./identity-client.ts"
import { freePort } from "./server-process.ts"

type Secure = { readonly status: number; readonly headers: Record<string, string | string[] | undefined> }

describe("over https, for a front end of another site", () => {
  test("the server speaks TLS by itself, and its cookies go along to other sites", async () => {
    const folder = mkdtempSync(join(tmpdir(), "countersign-https-"))
    const [tlsCert, tlsKey] = [join(folder, "cert.pem"), join(folder, "key.pem")]
    const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    execFileSync("openssl", ["req", "-x509", ...made, ...named, "-keyout", tlsKey, "-out", tlsCert], {
      stdio: "ignore",
    })
    const port = await freePort()
    const publicUrl = `https://localhost:${String(port)}`
    const origin = "https://localhost:7171"
    await using server = await startTestServer({
      listen: true,
      port,
      publicUrl,
      tlsCert,
      tlsKey,
      cookieSameSite: "none",
      allowedOrigins: [origin],
      profile: "aspnet-identity",
    })
    const { email, password } = await server.createUser({ password: "Passw0rd!" })
    const send = async (path: string, headers: Record<string, string>, body?: unknown): Promise<Secure> =>
      await new Promise((resolve, reject) => {
        const sent = request(
          `${publicUrl}/identity/${path}`,
          {
            ca: readFileSync(tlsCert),
            method: body === undefined ? "GET" : "POST",
            headers: { origin, "sec-fetch-site": "cross-site", "content-type": "application/json", ...headers },
          },
          (response) => {
            response.resume()
            response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
          },
        )
        sent.on("error", reject)
        sent.end(body === undefined ? undefined : JSON.stringify(body))
      })

    const answer = await send("login?useCookies=true", {}, { email, password })
    expect(answer.status).toBe(200)
    expect(answer.headers["access-control-allow-origin"]).toBe(origin)
    const [cookie = ""] = answer.headers["set-cookie"] ?? []
    expect(cookie).toMatch(/^__Host-countersign=.*; HttpOnly; Secure; SameSite=None; Max-Age=/)
    const sent = cookie.split(";")[0] ?? ""
    expect((await send("manage/info", { cookie: sent })).status).toBe(200)
    expect((await send("logout", { cookie: sent, origin: "https://localhost:7172" }, {})).status).toBe(403)
    expect((await send("logout", { cookie: sent }, {})).status).toBe(200)
    expect((await send("manage/info", { cookie: sent })).status).toBe(401)
    rmSync(folder, { recursive: true, force: true })
  })
})

describe("where addresses have to be confirmed, without the profile", () => {
  test("the sign-in waits for the link, and says so after the right password alone", async () => {
    const identity = await startIdentity({ COUNTERSIGN_PROFILE: "default", COUNTERSIGN_CONFIRM_EMAIL: "required" })
    const browser = identity.browser()
    const credentials = { email: "ann@contoso.com", password: "mellow harbour lamps" }
    expect(said(await browser.post("register", { ...credentials, password: "Passw0rd!" }))).toBe("400 DefaultError")
    expect(said(await browser.post("register", credentials))).toBe("200")
    expect(said(await browser.post("login", { ...credentials, password: "wrong" }))).toBe("401 Failed")
    expect(said(await browser.post("login?useCookies=true", credentials))).toBe("401 NotAllowed")
    const link = linkIn(await identity.mailTo(credentials.email, /^Confirm your email$/))
    expect(said(await browser.get(`confirmEmail${link.search}`))).toBe("200 ok")
    expect(said(await browser.post("login?useCookies=true", credentials))).toBe("200")
    expect((await browser.get("manage/info")).json).toEqual({ email: credentials.email, isEmailConfirmed: true })
    await identity.close()
  })
})

describe("limits on one network address", () => {
  test("failed sign-ins and mails come to an end, with the time to wait, in a form that the client shows", async () => {
    const identity = await startIdentity({
      COUNTERSIGN_ADDRESS_LIMITS: "on",
      COUNTERSIGN_ADDRESS_SIGN_INS: "4",
      COUNTERSIGN_ADDRESS_MAILS: "2",
    })
    const browser = identity.browser()
    const register = async (email: string, password = "Passw0rd!") =>
      await browser.post("register", { email, password })
    // What is refused by a rule mails nothing, and counts nothing.
    for (let n = 0; n < 5; n++)
      expect(said(await register("rules@contoso.com", "abc"))).toMatch(/^400 PasswordTooShort/)
    expect(said(await register("one@contoso.com"))).toBe("200")
    expect(said(await browser.post("forgotPassword", { email: "nobody@contoso.com" }))).toBe("200")
    const limited = await register("two@contoso.com")
    expect([said(limited), limited.headers.get("content-type")]).toEqual([
      "429 DefaultError",
      "application/problem+json",
    ])
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0)
    expect(limited.headers.get("access-control-allow-origin")).toBe(appOrigin)

    const enter = async (n: number, password: string) =>
      said(await browser.post("login", { email: n === 0 ? "one@contoso.com" : `${String(n)}@contoso.com`, password }))
    for (let n = 1; n <= 4; n++) expect(await enter(n, "wrong")).toBe("401 Failed")
    expect(await enter(0, "Passw0rd!")).toBe("429 DefaultError")
    await identity.close()
  })
})
