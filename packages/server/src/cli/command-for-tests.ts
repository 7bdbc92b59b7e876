import { PassThrough } from "node:stream"
import { vi } from "vitest"
import { run } from "./program.ts"

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs one command line in this process, with what it prints caught and `stdin` piped into it. */
export const command = async (words: readonly string[], stdin?: string): Promise<Outcome> => {
  const printed = { stdout: "", stderr: "" }
  const caught = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((chunk) => {
      printed[name] += String(chunk)
      return true
    }),
  )
  const input = Object.assign(new PassThrough(), { isTTY: false })
  input.end(stdin ?? "")
  const piped = vi.spyOn(process, "stdin", "get").mockReturnValue(input as unknown as typeof process.stdin)
  try {
    return { code: await run(words), ...printed }
  } finally {
    for (const spy of [...caught, piped]) spy.mockRestore()
  }
}
