import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { createAuthenticator } from "../../testing/authenticator.ts"
import { nativeForTests, publicUrl } from "./native-for-tests.ts"

/** The guide's own commands, in their order, as requests. */
type Command = {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string | undefined
}

const guide = readFileSync(new URL("../../../../../docs/guides/own-users.md", import.meta.url), "utf8")

const commands = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)]
  .map(([, block = ""]) => block.replaceAll("\\\n", " ").trim())
  .filter((block) => block.startsWith("curl "))

/** Reads one command with its variables put in. Throws for a word that it does not know, so that nothing is skipped. */
const read = (command: string, variables: Record<string, string>): Command => {
  const filled = command
    .replaceAll(`'"$CODE"'`, variables["CODE"] ?? "")
    .replaceAll(/\$([A-Z_]+)/g, (_all, name: string) => {
      const value = variables[name]
      if (value === undefined) throw new Error(`the guide uses ${name} before it is known`)
      return value
    })
  const words = [...filled.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  )
  const found: { method?: string; url?: string; headers: Record<string, string>; body?: string } = { headers: {} }
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? ""
    const next = words[at + 1] ?? ""
    if (word === "-X") found.method = next
    else if (word === "-H") found.headers[next.split(": ")[0] ?? ""] = next.split(": ")[1] ?? ""
    else if (word === "--json") {
      found.body = next
      found.headers["content-type"] = "application/json"
    } else if (word.startsWith("https:")) {
      found.url = word
      continue
    } else throw new Error(`the guide has a word that this test can't read: ${word}`)
    at++
  }
  return {
    method: found.method ?? (found.body === undefined ? "GET" : "POST"),
    url: found.url ?? "",
    headers: found.headers,
    body: found.body,
  }
}

test("the calls of the guide do what it says, one after the other", async () => {
  const server = await nativeForTests()
  const [scopes] = /--scopes (\S+)/.exec(guide)?.slice(1) ?? []
  const variables: Record<string, string> = {
    COUNTERSIGN: publicUrl,
    SERVICE_KEY: await server.createServiceKey(scopes?.split(",") ?? []),
  }
  const run = async (command: string | undefined) => {
    const { method, url, headers, body } = read(command ?? "", variables)
    const response = await server.fetch(new Request(url, { method, headers, ...(body === undefined ? {} : { body }) }))
    const text = await response.text()
    return { status: response.status, json: (text === "" ? {} : JSON.parse(text)) as Record<string, never> }
  }
  expect(commands).toHaveLength(7)
  const [create, begin, confirm, open, answer, signOut, remove] = commands

  expect(await run(create)).toMatchObject({ status: 201, json: { externalId: "4711", hasPassword: false } })
  expect((await run(create)).status).toBe(409)
  const begun = await run(begin)
  expect(begun).toMatchObject({ status: 201, json: { factor: { state: "pending", name: "My phone" } } })
  const { show, factor } = begun.json as unknown as { show: { uri: string }; factor: { id: string } }
  const phone = createAuthenticator(server.clock.now).scan(show.uri)

  expect(await run(open)).toMatchObject({ status: 403, json: { code: "enrolment_required" } })
  variables["CODE"] = phone.code()
  expect(await run(confirm)).toMatchObject({
    status: 200,
    json: { recoveryCodes: expect.arrayContaining([expect.any(String)]) },
  })

  const opened = await run(open)
  expect(opened).toMatchObject({
    status: 201,
    json: { status: "second_factor", token: expect.stringMatching(/^csc_/) },
  })
  variables["CHALLENGE"] = opened.json["token"] ?? ""
  variables["CODE"] = "12345x"
  expect((await run(answer)).status).toBe(422)
  variables["CODE"] = "000000"
  expect(await run(answer)).toMatchObject({ status: 400, json: { code: "code_incorrect" } })
  server.clock.advance(30)
  variables["CODE"] = phone.code()
  const complete = await run(answer)
  expect(complete).toMatchObject({ status: 200, json: { status: "complete", user: { externalId: "4711" } } })
  expect(await run(answer)).toMatchObject({ status: 410, json: { code: "challenge_spent" } })

  variables["SESSION"] = complete.json["token"] ?? ""
  expect((await run(signOut)).status).toBe(204)
  variables["FACTOR"] = factor.id
  expect((await run(remove)).status).toBe(204)
  expect((await run(open)).status).toBe(403)
})

test("an unknown user's challenge is not found, as the guide says", async () => {
  const server = await nativeForTests()
  const key = await server.createServiceKey(["challenges:write"])
  expect((await server.client({ bearer: key }).post("/v1/users/external:4711/challenges", {})).status).toBe(404)
})
