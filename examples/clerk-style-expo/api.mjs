// What the app's own server answers, in development (metro.config.js) and as it is served (server.mjs): Countersign on
// the same origin, and the front door. Phones talk to it as well.
import { request } from "node:http"
import { createSessionTokenVerifier } from "@countersign/client"

const { COUNTERSIGN_URL = "http://localhost:4000", PUBLIC_URL = "http://localhost:3000" } = process.env
const verify = createSessionTokenVerifier({ url: COUNTERSIGN_URL, publicUrl: PUBLIC_URL })

/** True where the request is one of these and will be answered. */
export function answers(incoming, outgoing) {
  const [path] = incoming.url.split("?")
  if (/^\/(v1|account)(\/|$)/.test(path)) forward(incoming, outgoing)
  else if (path === "/api/unlock") unlock(incoming, outgoing).catch(() => outgoing.writeHead(502).end())
  else return false
  return true
}

function forward(incoming, outgoing) {
  const { method, headers, url, socket } = incoming
  const told = { ...headers, host: new URL(COUNTERSIGN_URL).host, "x-forwarded-for": socket.remoteAddress }
  const upstream = request(new URL(url, COUNTERSIGN_URL), { method, headers: told }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers)
    answer.pipe(outgoing)
  })
  upstream.once("error", () => outgoing.destroy())
  incoming.pipe(upstream)
}

/** Opens the front door for who is signed in and has proved it with a code in the last ten minutes. */
async function unlock(incoming, outgoing) {
  const answer = (status, body) =>
    outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
  if (incoming.method !== "POST") return answer(405, {})
  const claims = await verify((incoming.headers.authorization ?? "").replace(/^Bearer /, ""))
  if (!claims) return answer(401, {})
  const [first, second] = claims.fva
  // Without a second factor the password has to be as fresh.
  const minutes = second === -1 ? first : second
  if (minutes >= 0 && minutes < 10) return answer(200, { isOpen: true })
  // useReverification asks for a fresh code when it reads this, and calls again.
  const metadata = { reverification: "strict" }
  return answer(403, { countersign_error: { type: "forbidden", reason: "reverification-error", metadata } })
}
