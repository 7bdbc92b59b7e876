/** The reference page of the command line, made from the commands themselves. */
import type { Command } from "commander"
import { createProgram } from "./program.ts"

const intro = `# Command line

\`npx countersign\` runs beside a server on the same database and with the same configuration. What a script reads stands
on standard output; what is said to a person stands on standard error. Exit codes: 0 done, 1 refused, 2 wrongly typed.
A user is named by address, by id, or as \`external:<the app's own id>\`.

Every command takes the options of the [configuration](configuration.md) as flags as well, such as \`--database-url\`; a
flag can be read by other users of the machine while the command runs, so keys belong in the environment.

This page is made from \`packages/server/src/cli\` by \`npm run docs\`.
`

/** The whole page as Markdown. */
export const commandLinePage = (): string =>
  [intro, ...leavesOf(createProgram(), []).map(({ words, command }) => section(words, command))].join("\n")

type Leaf = { readonly words: readonly string[]; readonly command: Command }

const leavesOf = (command: Command, words: readonly string[]): Leaf[] =>
  command.commands.length === 0
    ? [{ words, command }]
    : command.commands.flatMap((below) => leavesOf(below, [...words, below.name()]))

const section = (words: readonly string[], command: Command): string => {
  const given = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name()
    return argument.required ? `<${name}>` : `[${name}]`
  })
  const options = command.options.filter((option) => !option.hidden && option.long !== "--database-url")
  const listed = words[0] === "serve" ? [] : options
  const rows = listed.map(
    ({ flags, description, mandatory }) =>
      `| \`${flags}\` | ${[description, mandatory ? "needed" : ""].filter(Boolean).join("; ")} |\n`,
  )
  const table = rows.length === 0 ? "" : `\n| option | |\n| --- | --- |\n${rows.join("")}`
  return `## countersign ${[...words, ...given].join(" ")}\n\n${command.description()}\n${table}`
}
