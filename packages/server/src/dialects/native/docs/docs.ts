import { createHash } from "node:crypto"
import { bareProblem } from "../../../http/problem.ts"
import type { DialectSettings, Door } from "../../dialect.ts"
import { openApiDocument } from "../openapi.ts"
import { docsPage } from "./page.ts"
import { style } from "./style.ts"

/** The one style sheet stands in the page and is allowed by its hash; nothing else may load or run. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

/** `/docs`: the native API's document, readable. */
export const docsDoor = ({ publicUrl }: Pick<DialectSettings, "publicUrl">): Door => {
  let page: string | undefined
  return {
    name: "docs",
    prefix: "/docs",
    cookies: false,
    routes: [
      {
        method: "GET",
        path: "/",
        async handle() {
          page ??= String(await docsPage(openApiDocument(publicUrl)))
          return {
            status: 200,
            html: page,
            headers: { "content-security-policy": policy, "cache-control": "public, max-age=300" },
          }
        },
      },
    ],
    renderError: ({ code }) =>
      code === "method_not_allowed" ? bareProblem(405, "Method Not Allowed") : bareProblem(404, "Not Found"),
  }
}
