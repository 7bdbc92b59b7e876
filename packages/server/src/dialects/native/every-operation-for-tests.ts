/** Every documented operation as a request of anybody's, for tests that walk them all. */
import { documentedOperations } from "./junk-for-tests.ts"
import type { Documented } from "./junk-for-tests.ts"
import type { NativeForTests } from "./native-for-tests.ts"
import { publicUrl } from "./native-for-tests.ts"
import { openApiDocument } from "./openapi.ts"
import { serviceScopes } from "./scopes.ts"

export const all = documentedOperations(openApiDocument(publicUrl))
const named = (each: Documented): string => `${each.method} ${each.path}`
/** For `test.each`: its name and itself. */
export const cases = all.map((each) => [named(each), each] as const)

type Send = { method: string; path: string; headers: Record<string, string>; body?: string | undefined }
export type Seen = { status: number; text: string; headers: Headers }

export const send = async (server: NativeForTests, { method, path, headers, body }: Send): Promise<Seen> => {
  const init = { method, headers, ...(body === undefined || method === "GET" ? {} : { body }) }
  const response = await server.fetch(new Request(`${publicUrl}/v1${path}`, init))
  return { status: response.status, text: await response.text(), headers: response.headers }
}

/** The path with one id wherever it takes one. */
export const pathWith = ({ path }: Documented, id: string): string => path.replaceAll(/\{\w+\}/g, id)
export const json = { "content-type": "application/json" }

const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

/** Credentials of a kind, each as the headers that carry it. */
export const credentialsOf = async (server: NativeForTests) => {
  const user = await server.createUser({ totp: true })
  const { token } = await server.bearerOf(user)
  const key = await server.createServiceKey(Object.keys(serviceScopes))
  return { user, session: bearer(token), cookie: { cookie: `__Host-countersign=${token}` }, service: bearer(key) }
}

/** An open challenge of a user with a second factor, by cookie and by bearer. */
export const pendingOf = async (server: NativeForTests) => {
  const user = await server.createUser({ totp: true })
  const first = await server
    .client()
    .post<{ token: string }>("/v1/sign-in", { email: user.email, password: user.password, session: "bearer" })
  const { token } = first.json
  return {
    user,
    bearer: bearer(token),
    cookie: { cookie: `__Host-countersign-challenge=${token}; __Host-countersign=${token}` },
  }
}
