// Serves the web export, and what api.mjs answers, on one origin.
import { readFileSync, readdirSync } from "node:fs"
import { createServer } from "node:http"
import { extname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { answers } from "./api.mjs"

const { PUBLIC_URL = "http://localhost:3000", HOST = "127.0.0.1" } = process.env
const folder = fileURLToPath(new URL("dist", import.meta.url))
const files = new Map(
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => [`/${relative(folder, file).replaceAll(sep, "/")}`, readFileSync(file)]),
)
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".png": "image/png" }

createServer((incoming, outgoing) => {
  if (answers(incoming, outgoing)) return
  const [path] = incoming.url.split("?")
  // What is no file is a screen, which the app finds by itself.
  const found = files.has(path) ? path : "/index.html"
  outgoing.writeHead(200, { "content-type": types[extname(found)] ?? "application/octet-stream" }).end(files.get(found))
}).listen(Number(new URL(PUBLIC_URL).port), HOST)
