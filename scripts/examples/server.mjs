// A Countersign for an example: the server as it is shipped, on SQLite, with somebody who can sign in.
import { join } from "node:path"
import { root } from "./example.mjs"
import { answers, run, start } from "./processes.mjs"

const program = ["node", join(root, "packages", "server", "bin", "countersign.mjs")]

// A password that every profile takes.
export const ada = { email: "ada@example.com", password: "Three herons, 1 lake" }

/** Starts the server on a port, with its database in `folder`, and waits until it can do its work. */
export async function startCountersign({ port, folder, options, clock }) {
  const env = {
    COUNTERSIGN_DATABASE_URL: `sqlite:${join(folder, "countersign.sqlite")}`,
    COUNTERSIGN_PORT: String(port),
    COUNTERSIGN_LOG_LEVEL: "warn",
    ...options,
    ...clock,
  }
  const url = `http://localhost:${port}`
  const server = start([...program, "serve"], { env })
  await answers(`http://127.0.0.1:${port}/readyz`, server)

  const command = async (...words) => {
    const input = words.includes("--password-stdin") ? ada.password : undefined
    const { code, lines, text } = await run([...program, ...words], { env, input })
    if (code !== 0) throw new Error(`countersign ${words.join(" ")}: ${text}`)
    return lines
  }
  return {
    url,
    server,
    /** Makes Ada, unless she is there. */
    async makeAda() {
      const found = (await command("users", "list", "--search", ada.email, "--json")).join("\n")
      if (!found.includes(`"${ada.email}"`))
        await command("users", "create", "--email", ada.email, "--password-stdin", "--confirmed", "--first-name", "Ada")
    },
    /** A key of Ada's, which may do what she may. */
    async adasKey() {
      return keyIn(await command("api-keys", "create", "--user", ada.email))
    },
    async serviceKey() {
      const scopes = "users:read,users:write,factors:read,factors:write,challenges:write,mfa-tokens:spend"
      return keyIn(await command("api-keys", "create", "--service", "example", "--scopes", scopes))
    },
  }
}

const keyIn = (lines) => {
  const key = lines.find((line) => line.startsWith("csk_"))
  if (key === undefined) throw new Error("no key was made")
  return key
}
