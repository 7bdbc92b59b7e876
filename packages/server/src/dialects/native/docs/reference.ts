import { errorCodes } from "../../../engine/errors.ts"
import { meanings } from "../errors.ts"
import { httpMethods, openApiDocument } from "../openapi.ts"
import { serviceScopes } from "../scopes.ts"
import { whoMay } from "./who-may.ts"

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")

const intro = `# Native API

Everything stands below \`/v1\`. A running server shows it in full, with every field, at \`/docs\`, and as data at
\`/v1/openapi.json\` (OpenAPI 3.1). Both, and this page, are made from the schemas that check the input
(\`npm run docs\`).
`

/** The overview of the native API as Markdown. */
export const nativeApiPage = (): string => {
  const { info, tags, paths } = openApiDocument("http://localhost:3000")
  const groups = tags.map(({ name }) => {
    const rows = Object.entries(paths).flatMap(([path, methods]) =>
      httpMethods.flatMap((method) => {
        const operation = methods[method]
        if (!operation?.tags.includes(name)) return []
        return [[`\`${method.toUpperCase()} ${path}\``, operation.summary, whoMay(operation.security)]]
      }),
    )
    return `## ${name}\n\n${table(["call", "what it does", "who may"], rows)}\n`
  })
  const scopes = Object.entries(serviceScopes).map(([scope, meaning]) => [`\`${scope}\``, meaning])
  const codes = errorCodes.map((code) => [`\`${code}\``, String(meanings[code].status), meanings[code].title])
  return [
    intro,
    `${info.description}\n`,
    ...groups,
    `## Scopes of service keys\n\n${table(["scope", "what it allows"], scopes)}\n`,
    `## Refusals\n\nDecide by \`code\`. A step-up is refused with 403 to a cookie and with 401 to a bearer (RFC 9470), a body that is no\nJSON with 400.\n\n${table(["code", "status", "what it means"], codes)}\n`,
  ].join("\n")
}
