import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import type { Reply, Route } from "../../http/route.ts"
import { markFile } from "../account/icons.ts"

// The compiler copies only what it compiles; the package ships `src` as well, so the files are read from there.
const place = new URL(import.meta.url.endsWith(".ts") ? "./" : "../../../src/pages/assets/", import.meta.url)

type Asset = { readonly name: string; readonly type: string; readonly content: string }

/** What the pages need beside themselves. The name carries a hash of the content, so that it can be kept for ever. */
export type Assets = {
  readonly css: string
  readonly js: string
  readonly icon: string
  readonly routes: readonly Route[]
}

const read = (name: string): string => readFileSync(new URL(name, place), "utf8")

const named = (stem: string, ending: string, type: string, content: string): Asset => {
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 12)
  return { name: `${stem}.${hash}.${ending}`, type, content }
}

/** Reads the files once. `base`: where the pages stand. */
export const openAssets = (base: string): Assets => {
  const css = named("account", "css", "text/css; charset=utf-8", withoutComments(read("account.css")))
  const js = named("account", "js", "text/javascript; charset=utf-8", withoutLineComments(read("account.js")))
  const icon = named("mark", "svg", "image/svg+xml", markFile)
  const path = (asset: Asset): string => `${base}/assets/${asset.name}`
  return { css: path(css), js: path(js), icon: path(icon), routes: [css, js, icon].map(routeOf) }
}

const withoutComments = (css: string): string =>
  css
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\s*\n\s*/g, "\n")
    .trim()

/** Whole lines of comment and the indentation; our script has no line that means something else by beginning so. */
const withoutLineComments = (script: string): string => script.replaceAll(/^\s*(?:\/\/.*)?\n?/gm, "")

const routeOf = (asset: Asset): Route => {
  const headers = {
    "content-type": asset.type,
    "cache-control": "public, max-age=31536000, immutable",
    vary: "Accept-Encoding",
  }
  const packed = gzipSync(asset.content, { level: 9 })
  return {
    method: "GET",
    path: `/assets/${asset.name}`,
    handle: ({ request }): Reply | Response =>
      /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")
        ? new Response(packed, { status: 200, headers: { ...headers, "content-encoding": "gzip" } })
        : { status: 200, headers, text: asset.content },
  }
}
