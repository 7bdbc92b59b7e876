import { describe, expect, test } from "vitest"
import { cases, credentialsOf, json, pathWith, pendingOf, send } from "./every-operation-for-tests.ts"
import { fittingBody, junkBodies, junkIds, junkQueries, marker } from "./junk-for-tests.ts"
import { nativeForTests } from "./native-for-tests.ts"

/** What must not be: a fault, or a refusal that tells back what was typed. */
const isWrong = ({ status, text }: { status: number; text: string }): boolean =>
  status >= 500 || (status >= 400 && text.includes(marker))

describe("junk", () => {
  test.each(cases)("%s answers it with a 4xx that echoes nothing", async (_name, each) => {
    const server = await nativeForTests()
    const { session, service } = await credentialsOf(server)
    const pending = (await pendingOf(server)).bearer
    const wrong: unknown[] = []
    for (const headers of [session, service, pending, {}])
      for (const { type, body } of junkBodies(each.operation)) {
        const seen = await send(server, {
          method: each.method,
          path: pathWith(each, "external:nobody"),
          body,
          headers: { ...headers, ...(type === undefined ? {} : { "content-type": type }) },
        })
        if (isWrong(seen)) wrong.push({ ...seen, sent: [headers, body] })
      }
    expect(wrong).toEqual([])
    expect(server.reports).toEqual([])
  })

  const withIds = cases.filter(([, { path }]) => path.includes("{"))
  test.each(withIds)("%s answers odd ids with a 4xx", async (_name, each) => {
    const server = await nativeForTests()
    const { session, service } = await credentialsOf(server)
    const body = JSON.stringify(fittingBody(each.operation))
    const wrong: unknown[] = []
    for (const headers of [session, service])
      for (const id of junkIds) {
        const path = pathWith(each, id)
        const seen = await send(server, { method: each.method, path, body, headers: { ...json, ...headers } })
        if (isWrong(seen) || seen.status < 400) wrong.push({ id, ...seen })
      }
    expect(wrong).toEqual([])
    expect(server.reports).toEqual([])
  })

  test.each(cases.filter(([, { method }]) => method === "GET"))("%s takes odd queries calmly", async (_name, each) => {
    const server = await nativeForTests()
    const { session, service } = await credentialsOf(server)
    const wrong: unknown[] = []
    for (const headers of [session, service])
      for (const query of junkQueries) {
        const seen = await send(server, { method: "GET", path: `${pathWith(each, "x")}?${query}`, headers })
        const taken = query.startsWith("access_token") && seen.status !== 400
        if (isWrong(seen) || taken) wrong.push({ query, ...seen })
      }
    expect(wrong).toEqual([])
    expect(server.reports).toEqual([])
  })
})
