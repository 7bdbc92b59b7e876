import { html, raw } from "hono/html"
import { errorCodes } from "../../../engine/errors.ts"
import { meanings } from "../errors.ts"
import { serviceScopes } from "../scopes.ts"
import type { DocumentedOperation, DocumentedResponse, OpenApiDocument } from "../openapi.ts"
import { httpMethods } from "../openapi.ts"
import { curlOf } from "./curl.ts"
import type { Html } from "./fields.ts"
import { fieldList, prose, typeOf } from "./fields.ts"
import { style } from "./style.ts"
import { whoMay } from "./who-may.ts"

// To the letter what its hash in the page's policy was made of.
const styleElement = raw(`<style>${style}</style>`)

type Listed = { readonly method: string; readonly path: string; readonly operation: DocumentedOperation }

const listed = ({ paths }: OpenApiDocument): Listed[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    httpMethods.flatMap((method) => {
      const operation = methods[method]
      return operation ? [{ method, path, operation }] : []
    }),
  )

const answerPart = ([status, response]: [string, DocumentedResponse]): Html => {
  const schema = Object.values(response.content ?? {})[0]?.schema
  return html`<h3>Answer ${status}</h3>
    <p>${prose(response.description)}${schema?.["$ref"] === undefined ? "" : html` ${typeOf(schema)}`}</p>
    ${schema && schema["$ref"] === undefined ? fieldList(schema, { required: false }) : ""}`
}

const operationPart = (server: string, { method, path, operation }: Listed): Html => {
  const { operationId, summary, description, security, parameters, requestBody, responses } = operation
  const entries = Object.entries(responses)
  const good = entries.filter(([status]) => status < "300")
  const refused = entries.filter(([status]) => status >= "300")
  return html`<details class="operation" id="${operationId}">
    <summary>
      <span class="method ${method}">${method.toUpperCase()}</span><code class="path">${path}</code>
      <span class="summary">${summary}</span>
    </summary>
    <div class="inside">
      ${description === undefined ? "" : html`<p>${prose(description)}</p>`}
      <p class="quiet">For ${prose(whoMay(security))}. <code>${operationId}</code></p>
      ${
        parameters.length === 0
          ? ""
          : html`<h3>Parameters</h3>
              <ul class="fields">
                ${parameters.map(
                  ({ name, in: place, required, schema }) =>
                    html`<li>
                      <code>${name}</code><span class="type">in the ${place}, ${typeOf(schema)}</span>${
                        required ? html`<span class="need">required</span>` : ""
                      }
                      ${typeof schema["description"] === "string" ? html`<p>${prose(schema["description"])}</p>` : ""}
                    </li>`,
                )}
              </ul>`
      }
      ${
        requestBody
          ? html`<h3>Body</h3>
              ${fieldList(requestBody.content["application/json"].schema, { required: true })}`
          : ""
      }
      ${good.map(answerPart)}
      <h3>Refusals</h3>
      <dl>
        ${refused.map(
          ([status, response]) =>
            html`<dt>${status}</dt>
              <dd>${prose(response.description)}</dd>`,
        )}
      </dl>
      <h3>With curl</h3>
      <pre tabindex="0">${curlOf(server, method, path, operation)}</pre>
    </div>
  </details>`
}

const idOf = (group: string): string => group.toLowerCase().replaceAll(" ", "-")

/** The OpenAPI document as a page that needs no script and asks nothing of another host. */
export const docsPage = (document: OpenApiDocument): Html => {
  const server = document.servers[0]?.url ?? ""
  const operations = listed(document)
  const groups = document.tags.map(({ name }) => ({
    name,
    of: operations.filter(({ operation }) => operation.tags.includes(name)),
  }))
  const schemas = Object.entries(document.components.schemas)
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title} API</title>
        ${styleElement}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <div class="shell">
          <nav aria-label="Contents">
            <strong><a href="#content">About</a></strong>
            <ul>
              <li><a href="#scopes">Scopes of service keys</a></li>
              <li><a href="#refusals">Refusals</a></li>
            </ul>
            ${groups.map(
              ({ name, of }) =>
                html`<strong><a href="#${idOf(name)}">${name}</a></strong>
                  <ul>
                    ${of.map(({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`)}
                  </ul>`,
            )}
            <strong><a href="#schemas">Schemas</a></strong>
            <ul>
              ${schemas.map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li>`)}
            </ul>
          </nav>
          <main id="content">
            <h1>${document.info.title} API</h1>
            <p class="quiet">
              Everything here stands below <code>${server}</code>. The same as data, for generators:
              <a href="${server}/openapi.json">openapi.json</a> (OpenAPI ${document.openapi}).
            </p>
            ${document.info.description.split("\n\n").map((paragraph) => html`<p>${prose(paragraph)}</p>`)}
            <h2 id="scopes">Scopes of service keys</h2>
            <dl class="wide">
              ${Object.entries(serviceScopes).map(
                ([scope, meaning]) =>
                  html`<dt>${scope}</dt>
                    <dd>${meaning}</dd>`,
              )}
            </dl>
            <h2 id="refusals">Refusals</h2>
            <p>
              Decide by <code>code</code>. The status says what kind of thing went wrong; a step-up is refused with 403
              to a cookie and with 401 to a bearer (RFC 9470), a body that is no JSON with 400.
            </p>
            <dl class="wide">
              ${errorCodes.map(
                (code) =>
                  html`<dt>${code}</dt>
                    <dd>${meanings[code].status}. ${meanings[code].title}.</dd>`,
              )}
            </dl>
            ${groups.map(
              ({ name, of }) =>
                html`<h2 id="${idOf(name)}">${name}</h2>
                  ${of.map((each) => operationPart(server, each))}`,
            )}
            <h2 id="schemas">Schemas</h2>
            ${schemas.map(
              ([name, schema]) =>
                html`<details class="operation" id="schema-${name}">
                  <summary><code class="path">${name}</code></summary>
                  <div class="inside">
                    ${typeof schema["description"] === "string" ? html`<p>${prose(schema["description"])}</p>` : ""}
                    ${fieldList(schema, { required: false })}
                  </div>
                </details>`,
            )}
          </main>
        </div>
      </body>
    </html>`
}
