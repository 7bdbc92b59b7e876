/** Options whose text holds more than one value: actions, roles for each door, dates, hosts. */
import type { Settings } from "../engine/settings.ts"
import { entries, form } from "./option.ts"
import type { Option } from "./option.ts"

type About<T> = { default: T; says: string; defaultSays?: string }
type Action = Settings["actions"][string]

const levels = ["first_factor", "second_factor", "multi_factor"] as const

const actionForm = "`name:level:seconds:reusable`, …"
const actionMend =
  "entries such as transfer:second_factor:300, with commas between: a name, first_factor, second_factor or multi_factor, " +
  "seconds from 1 to 86400, and `reusable` where a token may be used more than once"

/** The app's own actions. All but the name may be left out: a second factor, 300 seconds, single use. */
export const actions = (about: About<Settings["actions"]>): Option<Settings["actions"]> =>
  form(
    actionForm,
    about,
    (given) => {
      const value: Record<string, Action> = {}
      for (const entry of entries(given)) {
        const [name = "", levelName = "second_factor", life = "300", use = "single", ...rest] = entry.split(":")
        const level = levels.find((known) => known === levelName)
        const seconds = /^\d{1,5}$/.test(life) ? Number(life) : 0
        const known = use === "single" || use === "reusable"
        if (!/^[\w.-]{1,64}$/.test(name) || !level || seconds < 1 || seconds > 86_400 || !known || rest.length > 0)
          return { mend: actionMend }
        value[name] = { level, seconds, singleUse: use === "single" }
      }
      return { value }
    },
    (value) =>
      Object.entries(value)
        .map(([name, { level, seconds, singleUse }]) => `${name}:${level}:${seconds}${singleUse ? "" : ":reusable"}`)
        .join(","),
  )

/** Roles by door: `accounts:Viewer,native:Member`. */
export const rolesByDoor = (about: About<Settings["signUpRoles"]>): Option<Settings["signUpRoles"]> =>
  form(
    "`door:role`, …",
    about,
    (given) => {
      const value: Record<string, string[]> = {}
      for (const entry of entries(given)) {
        const [door = "", role = "", ...rest] = entry.split(":")
        if (!/^[a-z]+$/.test(door) || !/^[\w .-]{1,64}$/.test(role) || rest.length > 0)
          return { mend: "entries such as accounts:Viewer, with commas between" }
        value[door] = [...(value[door] ?? []), role]
      }
      return { value }
    },
    (value) =>
      Object.entries(value)
        .flatMap(([door, roles]) => roles.map((role) => `${door}:${role}`))
        .join(","),
  )

/** An instant: `2027-01-31` (the beginning of that day, UTC) or with a time and offset. Epoch milliseconds. */
export const instant = (about: About<number | undefined>): Option<number | undefined> =>
  form<number | undefined>(
    "date",
    about,
    (given) => {
      const wellFormed = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(given)
      const value = wellFormed ? Date.parse(given) : Number.NaN
      // Date.parse rolls 2026-02-31 over to March; nobody means that.
      const rolled = Number(given.slice(8, 10)) > new Date(Date.UTC(year(given), month(given), 0)).getUTCDate()
      return Number.isNaN(value) || rolled ? { mend: "a date such as 2027-01-31, or 2027-01-31T09:00Z" } : { value }
    },
    (value) => (value === undefined ? "" : new Date(value).toISOString()),
  )

const year = (date: string): number => Number(date.slice(0, 4))
const month = (date: string): number => Number(date.slice(5, 7))

/** Whether a host name can only be reached from this machine. */
export const isLoopback = (host: string): boolean => {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, "")
  return bare === "localhost" || bare.endsWith(".localhost") || bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare)
}
