import { createReadStream } from "node:fs"
import { Refused } from "../refusals.ts"

/**
 * A file's text, piece by piece, without a byte order mark.
 * @throws Refused for a file that can't be read or is not UTF-8, with the line.
 */
export async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  let lines = 1
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      const text = decode(decoder, chunk, lines)
      lines += lineBreaks(text)
      yield text
    }
  } catch (error) {
    throw refusalOf(error, path)
  }
  yield decode(decoder, undefined, lines)
}

export const lineBreaks = (text: string): number => text.split("\n").length - 1

function decode(decoder: TextDecoder, chunk: Buffer | undefined, lines: number): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
  } catch {
    const [before = ""] = (chunk?.toString("utf8") ?? "").split("\uFFFD")
    throw new Refused(
      `line ${lines + lineBreaks(before)}: that is no UTF-8 (save the file as UTF-8, without compression)`,
    )
  }
}

function refusalOf(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === "ENOENT") return new Refused(`there is no file ${path}`)
  if (code === "EISDIR") return new Refused(`${path} is a folder`)
  if (code === "EACCES" || code === "EPERM") return new Refused(`this user may not read ${path}`)
  return error
}
