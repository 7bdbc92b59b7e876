import { Client } from "pg"
import { Refused } from "../refusals.ts"
import { identityQueries, identityRow, postgresSpeech, refuseProtected, type FoundTable } from "./aspnet-query.ts"
import { identityUser, plainName } from "./aspnet-user.ts"
import type { Source } from "./source.ts"

const rowsAtOnce = 200

/** Reads in one read-only transaction; the application may run meanwhile. */
export async function openAspnetPostgres(url: string): Promise<Source> {
  let client: Client | undefined
  try {
    client = clientOf(url)
    await client.connect()
    await client.query("begin isolation level repeatable read, read only")
    await client.query("set local idle_in_transaction_session_timeout = 0")
    const { counts, users } = identityQueries(await tablesOf(client), postgresSpeech)
    const { rows } = await client.query<Record<string, unknown>>(counts)
    const { users: total, addresses, readable } = rows[0] ?? {}
    refuseProtected({ addresses: Number(addresses), readable: Number(readable) })
    const reading = client
    return {
      total: Number(total),
      async *users() {
        await reading.query(`declare identity_users no scroll cursor for ${users}`)
        for (;;) {
          const page = await reading.query<Record<string, unknown>>(`fetch ${rowsAtOnce} from identity_users`)
          for (const row of page.rows) yield identityUser(identityRow(row))
          if (page.rows.length < rowsAtOnce) break
        }
        await reading.query("close identity_users")
      },
      close: () => reading.end(),
    }
  } catch (error) {
    await client?.end().catch(() => {})
    if (error instanceof Refused || !(error instanceof Error)) throw error
    // An address that can't be read is repeated in the message, with its password.
    const { code } = error as { code?: unknown }
    const why = typeof code === "string" && code !== "ERR_INVALID_URL" ? error.message || code : "check its address"
    throw new Refused(`the PostgreSQL database can't be read: ${why}`)
  }
}

function clientOf(url: string): Client {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    fallback_application_name: "countersign import",
  })
  // A connection that breaks between two questions is told by the next one.
  client.on("error", () => {})
  return client
}

/** The tables of the first schema on the search path that has users, or of the only schema that has any. */
async function tablesOf(client: Client): Promise<FoundTable[]> {
  const { rows } = await client.query<{ schema: string; name: string; column: string; place: number | null }>(
    `select c.table_schema as schema, c.table_name as name, c.column_name as column,
       array_position(current_schemas(false), c.table_schema::name) as place
     from information_schema.columns c where lower(replace(c.table_name, '_', '')) like 'aspnet%'
     order by c.table_schema, c.table_name, c.ordinal_position`,
  )
  const withUsers = new Map(
    rows.filter(({ name }) => plainName(name) === "aspnetusers").map(({ schema, place }) => [schema, place]),
  )
  const onPath = [...withUsers]
    .filter(([, place]) => place !== null)
    .toSorted(([, a], [, b]) => Number(a) - Number(b))
    .map(([schema]) => schema)
  const [schema, other] = onPath.length > 0 ? [onPath[0]] : [...withUsers.keys()]
  if (other !== undefined)
    throw new Refused(
      `several schemas have a table AspNetUsers (${[...withUsers.keys()].join(", ")}): choose one with ` +
        "?options=-c%20search_path%3D… at the end of the address",
    )
  const names = [...new Set(rows.filter((row) => row.schema === schema).map(({ name }) => name))]
  return names.map((name) => ({
    schema: schema ?? "",
    name,
    columns: rows.filter((row) => row.schema === schema && row.name === name).map(({ column }) => column),
  }))
}
