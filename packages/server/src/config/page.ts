/** The reference page of all options, made from the one list. */
import { environmentName, options, sections } from "../config.ts"
import type { OptionName } from "../config.ts"
import type { Option } from "./option.ts"
import { profiles } from "./profiles.ts"

const intro = `# Configuration

Every option is an environment variable, a flag of \`countersign serve\` (\`COUNTERSIGN_TOTP_WINDOW\` is
\`--totp-window\`), and an option of \`createCountersign\` (\`totpWindow\`). A flag wins over the variable, both over the
profile, and the profile over the default. An empty variable counts as not set. \`countersign doctor\` says what is wrong
with a configuration and how to mend it.

Where \`HOST\` and \`PUBLIC_URL\` are loopback, which they are when nothing is set, the server is in development: it makes
its own keys, and mail goes to the page \`/dev/mailbox\`. Anywhere else it starts only with \`COUNTERSIGN_KEYS\` and
\`COUNTERSIGN_SMTP_URL\`.

This page is made from \`packages/server/src/config.ts\` by \`npm run docs\`.
`

/** The whole page as Markdown. */
export const configurationPage = (): string =>
  [intro, ...Object.entries(sections).map(([title, group]) => section(title, group)), profileTable()].join("\n")

const section = (title: string, group: Readonly<Record<string, unknown>>): string => {
  const rows = Object.keys(group).map((name) => {
    const option = options[name as OptionName] as Option<unknown>
    return [`\`${environmentName(name)}\``, option.type, shownDefault(option), cell(option.says)]
  })
  return `## ${title}\n\n${table(["variable", "takes", "default", "what it does"], rows)}`
}

const profileTable = (): string => {
  const named = Object.entries(profiles).filter(([name]) => name !== "default")
  const touched = (Object.keys(options) as OptionName[]).filter((name) =>
    named.some(([, changes]) => changes[name] !== undefined),
  )
  const rows = touched.map((name) => {
    const option = options[name] as Option<unknown>
    const shown = named.map(([, changes]) => (changes[name] === undefined ? "" : written(option, changes[name])))
    return [`\`${environmentName(name)}\``, shownDefault(option), ...shown]
  })
  const heads = ["variable", "`default`", ...named.map(([name]) => `\`${name}\``)]
  return `## What each profile changes\n\n${table(heads, rows)}`
}

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("")

const shownDefault = (option: Option<unknown>): string => {
  if (option.defaultSays !== undefined) return option.defaultSays
  return option.default === undefined ? "" : written(option, option.default)
}

const written = (option: Option<unknown>, value: unknown): string => {
  const unit = option.unit === undefined ? "" : ` ${option.unit}`
  return `\`${option.write(value) || "none"}\`${unit}`
}

const cell = (sentence: string): string => sentence.replaceAll("|", "\\|")
