import { afterEach, beforeEach } from "vitest"
import { any, type Database, one, type Row, sql, type Statement, type Write } from "./database.ts"

/** Turns text into a statement without values, for schema changes. */
export const ddl = (text: string): Write => any({ template: Object.assign([text], { raw: [text] }), values: [] })

export const note = (id: string, text: string | null = null, number: number | null = null): Statement =>
  sql`insert into notes (id, text, number) values (${id}, ${text}, ${number})`
export const add = (id: string): Write => one(sql`update notes set number = number + 1 where id = ${id}`)

/** What the contract's tests stand on: handles on one database with three small tables, fresh for each test. */
export type Ground = {
  readonly database: Database
  readonly handles: readonly Database[]
  /** One of the handles, in turns, so that races are spread over all of them. */
  handle(index: number): Database
  all(table: "spends" | "notes"): Promise<Row[]>
}

export function groundOf(open: () => Promise<Database[]>): Ground {
  let handles: Database[] = []
  const handle = (index: number): Database => {
    const found = handles[index % handles.length]
    if (!found) throw new Error("no handle")
    return found
  }
  beforeEach(async () => {
    handles = await open()
    await handle(0).commit([
      ddl("create table owners (id text primary key)"),
      ddl(
        "create table spends (id text primary key, owner text references owners (id) on delete cascade, left_over bigint not null)",
      ),
      ddl("create table notes (id text primary key, text text unique, number bigint)"),
      ddl("insert into owners (id) values ('anna')"),
      ddl("insert into spends (id, owner, left_over) values ('code', 'anna', 1)"),
    ])
  })
  afterEach(async () => {
    await Promise.all(handles.map((each) => each.close()))
  })
  return {
    get database() {
      return handle(0)
    },
    get handles() {
      return handles
    },
    handle,
    all: (table) =>
      handle(0).query(
        table === "spends" ? sql`select * from spends order by id` : sql`select * from notes order by id`,
      ),
  }
}
