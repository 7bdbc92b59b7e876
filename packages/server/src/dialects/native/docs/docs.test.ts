import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { appForTests, origin } from "../../../http/app-for-tests.ts"
import { openApiDocument } from "../openapi.ts"
import { curlOf } from "./curl.ts"
import { docsDoor } from "./docs.ts"

const page = async () => {
  const response = await appForTests([docsDoor({ publicUrl: origin })]).fetch("/docs")
  return { response, html: await response.text() }
}

describe("the page of the document", () => {
  test("holds every operation and schema, with an anchor for each", async () => {
    const { html } = await page()
    const document = openApiDocument(origin)
    for (const methods of Object.values(document.paths))
      for (const operation of Object.values(methods)) expect(html).toContain(`id="${operation?.operationId}"`)
    for (const name of Object.keys(document.components.schemas)) expect(html).toContain(`id="schema-${name}"`)
  })
  test("has no broken link inside, and no id twice", async () => {
    const { html } = await page()
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
  })
  test("runs no script and asks nothing of another host", async () => {
    const { html, response } = await page()
    expect(html).not.toMatch(/<script|javascript:|\son\w+=|@import|url\(|<img|<link|<iframe/i)
    for (const [, address = ""] of html.matchAll(/(?:src|href)="(https?:[^"]+)"/g))
      expect(address.startsWith(origin)).toBe(true)
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'")
  })
  test("its policy allows exactly the style sheet that it holds", async () => {
    const { html, response } = await page()
    const [, css = ""] = /<style>([\s\S]*)<\/style>/.exec(html) ?? []
    const hash = createHash("sha256").update(css).digest("base64")
    expect(response.headers.get("content-security-policy")).toContain(`'sha256-${hash}'`)
    expect(html).not.toContain(" style=")
  })
  test("stays light", async () => expect((await page()).html.length).toBeLessThan(250_000))
})

test("curl examples send what is required, as the caller that may", () => {
  const { paths } = openApiDocument(origin)
  const signIn = paths["/sign-in"]?.post
  const challenge = paths["/users/{id}/challenges"]?.post
  const remove = paths["/factors/{id}"]?.delete
  if (!signIn || !challenge || !remove) throw new Error("the document lacks an operation")
  expect(curlOf("https://a/v1", "post", "/sign-in", signIn)).toBe(
    `curl https://a/v1/sign-in \\\n  --json '{"email":"ada@example.com","password":"a long phrase of your own"}'`,
  )
  expect(curlOf("https://a/v1", "post", "/users/{id}/challenges", challenge)).toContain(
    '-H "Authorization: Bearer $SERVICE_KEY"',
  )
  expect(curlOf("https://a/v1", "delete", "/factors/{id}", remove)).toBe(
    `curl -X DELETE https://a/v1/factors/$id \\\n  -H "Authorization: Bearer $TOKEN"`,
  )
})
