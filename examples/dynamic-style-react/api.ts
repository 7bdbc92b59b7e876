import { randomUUID } from "node:crypto"
import { createServiceClient, isClientError } from "@countersign/client"
import type { Connect, Plugin } from "vite"

/** What would be your own server: one route, which moves a domain away for whoever has just confirmed it with a code. */
export function api(url: string, key: string): Plugin {
  const countersign = createServiceClient({ url, key })

  const transfer: Connect.NextHandleFunction = async (request, response) => {
    const answer = (status: number, body: object) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
    try {
      const token = String(request.headers["x-mfa-auth-token"] ?? "")
      // Good for this action, and spent by this call: sent twice, it is refused.
      const { userId } = await countersign.verifyMfaToken(token, { action: "domain.transfer" })
      answer(200, { reference: randomUUID().slice(0, 8).toUpperCase(), movedBy: userId })
    } catch (error) {
      const isRefused = isClientError(error, "mfa_token_invalid") || isClientError(error, "input_invalid")
      answer(isRefused ? 403 : 502, {})
    }
  }

  return {
    name: "api",
    configureServer: ({ middlewares }) => void middlewares.use("/api/transfer", transfer),
    configurePreviewServer: ({ middlewares }) => void middlewares.use("/api/transfer", transfer),
  }
}
