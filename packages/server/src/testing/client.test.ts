import { expect, test } from "vitest"
import { createClient } from "./client.ts"

const answering =
  (headers: [string, string][], seen: Request[] = []) =>
  (request: Request): Promise<Response> => {
    seen.push(request)
    return Promise.resolve(new Response('{"ok":true}', { headers }))
  }

test("cookies are kept, sent again, and dropped when they are cleared", async () => {
  const seen: Request[] = []
  const client = createClient(
    answering(
      [
        ["set-cookie", "a=1; Path=/; HttpOnly"],
        ["set-cookie", "b=2; Path=/"],
      ],
      seen,
    ),
    "http://localhost",
  )
  await client.get("/")
  await client.get("/")
  expect(seen[1]?.headers.get("cookie")).toBe("a=1; b=2")
  const clearing = createClient(answering([["set-cookie", "a=; Max-Age=0"]]), "http://localhost")
  clearing.cookies.set("a", "1")
  await clearing.get("/")
  expect(clearing.cookies.size).toBe(0)
})

test("a browser sends its origin with what changes something; a program with a key sends neither origin nor cookie", async () => {
  const seen: Request[] = []
  const browser = createClient(answering([], seen), "http://localhost:3000/auth")
  await browser.get("/v1/session")
  await browser.post("/v1/sign-in", { email: "a@example.com" })
  const program = createClient(answering([], seen), "http://localhost:3000", { bearer: "csk_x" })
  program.cookies.set("a", "1")
  await program.post("/v1/users", {})
  expect(seen.map((request) => request.headers.get("origin"))).toEqual([null, "http://localhost:3000", null])
  expect(seen[2]?.headers.get("cookie")).toBeNull()
  expect(seen[2]?.headers.get("authorization")).toBe("Bearer csk_x")
})

test("an answer that is no JSON has text alone", async () => {
  const client = createClient(() => Promise.resolve(new Response("<p>hello", { status: 404 })), "http://localhost")
  expect(await client.get("/")).toMatchObject({ status: 404, text: "<p>hello", json: undefined })
})
