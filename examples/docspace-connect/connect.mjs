// Connects an authenticator app to the account of an API key.
//
//   BASE_URL=http://localhost:3000 API_KEY=csk_… node connect.mjs            shows the key, writes the picture
//   BASE_URL=http://localhost:3000 API_KEY=csk_… node connect.mjs 123456     holds the app's code against it
//
// Exit codes: 0 done, 1 refused, 2 wrongly started.
import { writeFile } from "node:fs/promises"

const { BASE_URL, API_KEY, QR_FILE = "authenticator.png" } = process.env
const [code] = process.argv.slice(2)

if (!BASE_URL || !API_KEY) {
  console.error("Set BASE_URL (without a slash at the end) and API_KEY.")
  process.exit(2)
}

/** Sends one request and takes the envelope off. */
async function call(method, path, body) {
  const answer = await fetch(`${BASE_URL.replace(/\/+$/, "")}/api/2.0${path}`, {
    method,
    headers: { authorization: `Bearer ${API_KEY}`, accept: "application/json", "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  })
  const envelope = await answer.json()
  if (answer.ok) return envelope.response
  const wait = answer.headers.get("retry-after")
  throw new Error(`${answer.status}: ${envelope.error.message}${wait ? ` (in ${wait} seconds)` : ""}`)
}

/** The account, the key to type in, and its picture as a file to scan. The same key until it is used. */
async function show() {
  const { account, manualEntryKey, qrCodeSetupImageUrl } = await call("GET", "/settings/tfaapp/setup")
  await writeFile(QR_FILE, Buffer.from(qrCodeSetupImageUrl.split(",")[1], "base64"), { mode: 0o600 })
  console.log(`account  ${account}`)
  console.log(`key      ${manualEntryKey}`)
  console.log(`picture  ${QR_FILE} (delete it once it is scanned)`)
}

/** The first right code connects the app. The backup codes that come with it are shown to this key for ten minutes. */
async function connect() {
  await call("POST", "/settings/tfaapp/validate", { code })
  console.log("connected")
  for (const { code: backup, isUsed } of await call("GET", "/settings/tfaappcodes"))
    if (backup && !isUsed) console.log(`backup   ${backup}`)
}

try {
  await (code === undefined ? show() : connect())
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
