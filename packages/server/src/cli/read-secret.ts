import { createInterface } from "node:readline/promises"
import { Writable } from "node:stream"
import { Refused } from "./refusals.ts"

/**
 * Reads a secret from standard input: all that is piped in, without the line break that `echo` adds, or one line that
 * is typed and not shown.
 */
export const readSecret = async (question: string): Promise<string> => {
  const secret = process.stdin.isTTY ? await ask(question) : await readAll()
  if (secret === "") throw new Refused("standard input was empty")
  return secret
}

const readAll = async (): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts)
    .toString("utf8")
    .replace(/\r?\n$/, "")
}

const ask = async (question: string): Promise<string> => {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await lines.question("")
  } finally {
    lines.close()
    process.stderr.write("\n")
  }
}
