/** What the command line prints: results on standard output, everything said to a person on standard error. */

/** One line for the person. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** One line of the result. */
export const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

export const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2))

/** Rows under headings, in columns as wide as they need to be. Nothing but "none" on standard error where there are none. */
export const printTable = (heads: readonly string[], rows: readonly (readonly string[])[]): void => {
  if (rows.length === 0) {
    say("none")
    return
  }
  const all = [heads, ...rows].map((row) => row.map(plain))
  const widths = heads.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)))
  for (const row of all)
    print(
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
}

/** Names and addresses were typed by strangers: no control character of theirs reaches a terminal. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, "�")

/** An instant as people on a server read it. */
export const moment = (at: number | null): string =>
  at === null ? "never" : new Date(at).toISOString().replace("T", " ").slice(0, 16)

/** Draws how far a long work has come on one line of standard error; where that is no terminal, only the end. */
export const progressBar = (title: string): ((state: { done: number; total: number }) => void) => {
  const width = 32
  let shown = ""
  return ({ done, total }) => {
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const filled = Math.round(share * width)
    const line = `${title} [${"#".repeat(filled)}${".".repeat(width - filled)}] ${done}/${total}`
    if (line === shown) return
    shown = line
    if (process.stderr.isTTY) process.stderr.write(`\r${line}${share === 1 ? "\n" : ""}`)
    else if (share === 1) say(line)
  }
}
