import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { any, type Database, one, type Outcome, type Row, sql, type Statement, type Write } from "./database.ts"
import { DatabaseUnavailable } from "./unavailable.ts"

/** Turns text into a statement without values, for schema changes. */
export const ddl = (text: string): Write => any({ template: Object.assign([text], { raw: [text] }), values: [] })

const note = (id: string, text: string | null = null, number: number | null = null): Statement =>
  sql`insert into notes (id, text, number) values (${id}, ${text}, ${number})`
const add = (id: string): Write => one(sql`update notes set number = number + 1 where id = ${id}`)

/**
 * What every store has to keep, whatever is under it.
 *
 * @param open gives one or more handles on one fresh, empty database; races are spread over all of them.
 */
export function databaseContract(name: string, open: () => Promise<Database[]>): void {
  // oxlint-disable-next-line vitest/valid-title -- the caller names it
  describe(name, () => {
    let handles: Database[]
    let database: Database
    const handle = (index: number): Database => handles[index % handles.length] ?? database
    const all = (table: "spends" | "notes"): Promise<Row[]> =>
      database.query(table === "spends" ? sql`select * from spends order by id` : sql`select * from notes order by id`)

    beforeEach(async () => {
      handles = await open()
      const first = handles[0]
      if (!first) throw new Error("no handle")
      database = first
      await database.commit([
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

    describe("guards", () => {
      test("a commit stands when every demanded row count is met", async () => {
        const outcome = await database.commit([
          one(sql`update spends set left_over = left_over - 1 where id = ${"code"} and left_over > 0`),
          one(note("a")),
          { statement: sql`delete from notes where id = ${"nobody"}`, rows: 0 },
        ])
        expect(outcome).toEqual({ committed: true, rows: [[], [], []] })
        expect(await all("spends")).toEqual([{ id: "code", owner: "anna", left_over: 0 }])
      })

      test("too few rows undo the whole commit and name the write that said no", async () => {
        const outcome = await database.commit([
          one(note("a")),
          one(sql`update spends set left_over = 0 where id = ${"nobody"}`),
          one(note("b")),
        ])
        expect(outcome).toEqual({ committed: false, failed: 1 })
        expect(await all("notes")).toEqual([])
      })

      test("too many rows undo the whole commit", async () => {
        await database.commit([one(note("a")), one(note("b"))])
        expect(await database.commit([one(sql`update notes set number = ${7}`)])).toEqual({
          committed: false,
          failed: 0,
        })
        expect((await all("notes")).map((row) => row["number"])).toEqual([null, null])
      })

      test("none demanded, one found: undone", async () => {
        const outcome = await database.commit([{ statement: sql`delete from spends where id = ${"code"}`, rows: 0 }])
        expect(outcome).toEqual({ committed: false, failed: 0 })
        expect(await all("spends")).toHaveLength(1)
      })

      test("a guarded write may return rows, and a reading statement may be a guard", async () => {
        const update = sql`update spends set left_over = ${5} where id = ${"code"} returning id, left_over`
        expect(await database.commit([one(sql`select id from owners where id = ${"anna"}`), one(update)])).toEqual({
          committed: true,
          rows: [[{ id: "anna" }], [{ id: "code", left_over: 5 }]],
        })
        expect(await database.commit([one(update), one(sql`select id from owners where id = ${"otto"}`)])).toEqual({
          committed: false,
          failed: 1,
        })
        expect(await database.commit([{ statement: update, rows: 2 }])).toEqual({ committed: false, failed: 0 })
      })

      test("no rows demanded of a statement that could return some: none come back", async () => {
        const outcome = await database.commit([{ statement: sql`select id from owners where id = ${"otto"}`, rows: 0 }])
        expect(outcome).toEqual({ committed: true, rows: [[]] })
      })

      test("rows that a cascade takes along are not counted", async () => {
        expect(await database.commit([one(sql`delete from owners where id = ${"anna"}`)])).toMatchObject({
          committed: true,
        })
        expect(await all("spends")).toEqual([])
      })

      test("a value that exists already is a failed guard, for a primary key and for a unique column", async () => {
        await database.commit([one(note("a", "same"))])
        expect(await database.commit([one(note("b")), one(note("a"))])).toEqual({ committed: false, failed: 1 })
        expect(await database.commit([one(note("b")), any(note("c", "same"))])).toEqual({ committed: false, failed: 1 })
        expect(await all("notes")).toHaveLength(1)
      })

      test("a row whose owner is gone is a failed guard: somebody removed him meanwhile", async () => {
        const outcome = await database.commit([
          one(note("a")),
          one(sql`insert into spends (id, owner, left_over) values (${"x"}, ${"gone"}, ${1})`),
        ])
        expect(outcome).toEqual({ committed: false, failed: 1 })
        expect(await all("notes")).toEqual([])
      })

      test("an insert that yields to an existing row has changed none", async () => {
        await database.commit([one(note("a"))])
        const again = sql`insert into notes (id) values (${"a"}) on conflict (id) do nothing`
        expect(await database.commit([one(again)])).toEqual({ committed: false, failed: 0 })
        expect(await database.commit([any(again)])).toMatchObject({ committed: true })
      })

      test("a missing value is the programmer's mistake: it rejects, and nothing of the commit stands", async () => {
        const broken = database.commit([one(note("a")), any(sql`insert into spends (id) values (${"x"})`)])
        await expect(broken).rejects.toThrow(/left_over/)
        expect(await all("notes")).toEqual([])
      })

      test("no writes: nothing to do", async () => {
        expect(await database.commit([])).toEqual({ committed: true, rows: [] })
      })
    })

    describe("order", () => {
      test("each write sees the ones before it", async () => {
        const outcome = await database.commit([
          one(note("a", "first", 1)),
          one(sql`update notes set number = number + 1 where id = ${"a"}`),
          one(sql`update notes set number = number * 10 where id = ${"a"} returning number`),
          one(sql`insert into notes (id, number) select ${"b"}, number from notes where id = ${"a"}`),
          one(sql`delete from notes where id = ${"a"} returning text`),
        ])
        expect(outcome).toEqual({ committed: true, rows: [[], [], [{ number: 20 }], [], [{ text: "first" }]] })
        expect(await all("notes")).toEqual([{ id: "b", text: null, number: 20 }])
      })

      test("what was deleted can be written anew in the same commit", async () => {
        await database.commit([one(note("a", "old"))])
        const outcome = await database.commit([one(sql`delete from notes where id = ${"a"}`), one(note("a", "new"))])
        expect(outcome).toMatchObject({ committed: true })
        expect(await all("notes")).toEqual([{ id: "a", text: "new", number: null }])
      })
    })

    describe("races", () => {
      test("of a hundred who spend one row, one wins, and leaves one trace", async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 100 }, (_, racer) =>
            handle(racer).commit([
              one(sql`update spends set left_over = left_over - 1 where id = ${"code"} and left_over = 1`),
              one(note(`session of ${racer}`)),
            ]),
          ),
        )
        expect(outcomes.filter((outcome) => outcome.committed)).toHaveLength(1)
        expect(outcomes.filter((outcome) => !outcome.committed && outcome.failed !== 0)).toEqual([])
        expect(await all("notes")).toHaveLength(1)
      })

      test("of a hundred who claim one name, one gets it", async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 100 }, (_, racer) => handle(racer).commit([one(note(`racer ${racer}`, "the name"))])),
        )
        expect(outcomes.filter((outcome) => outcome.committed)).toHaveLength(1)
      })

      test("counting up together loses no count, and gives everybody another one", async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 100 }, (_, racer) =>
            handle(racer).commit([
              one(sql`insert into notes (id, number) values (${"n"}, ${1})
                on conflict (id) do update set number = notes.number + 1 returning number`),
            ]),
          ),
        )
        const counts = outcomes.map((outcome) => (outcome.committed ? Number(outcome.rows[0]?.[0]?.["number"]) : 0))
        expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
      })

      test("those who meet each other in opposite order all get through", async () => {
        await database.commit([one(note("a", "a", 0)), one(note("b", "b", 0))])
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, racer) =>
            handle(racer).commit(racer % 4 < 2 ? [add("a"), add("b")] : [add("b"), add("a")]),
          ),
        )
        expect(outcomes.every((outcome) => outcome.committed)).toBe(true)
        expect((await all("notes")).map((row) => row["number"])).toEqual([20, 20])
      })

      test("a commit that fails or breaks does not disturb the others of its moment", async () => {
        const settled = await Promise.allSettled(
          Array.from({ length: 150 }, (_, index): Promise<Outcome> => {
            const first = one(note(`n${String(index).padStart(3, "0")}`))
            if (index % 5 === 1)
              return handle(index).commit([first, one(sql`delete from notes where id = ${"nobody"}`)])
            if (index % 5 === 2) return handle(index).commit([first, any(sql`insert into no_such_table values (${1})`)])
            return handle(index).commit([first])
          }),
        )
        const kept = new Set((await all("notes")).map((row) => row["id"]))
        for (const [index, result] of settled.entries()) {
          const stands = result.status === "fulfilled" && result.value.committed
          expect(stands).toBe(index % 5 !== 1 && index % 5 !== 2)
          expect(kept.has(`n${String(index).padStart(3, "0")}`)).toBe(stands)
        }
      })
    })

    describe("reading", () => {
      test("an acknowledged commit is seen at once, through every handle", async () => {
        for (let round = 0; round < 10; round++) {
          // oxlint-disable no-await-in-loop -- one after the other is the point
          await handle(round).commit([one(note(`n${round}`))])
          const seen = await Promise.all(
            handles.map((each) => each.query(sql`select id from notes where id = ${`n${round}`}`)),
          )
          expect(seen).toEqual(handles.map(() => [{ id: `n${round}` }]))
          // oxlint-enable no-await-in-loop
        }
      })

      test("whoever is told of his commit finds it, while others are still waiting for theirs", async () => {
        const found = await Promise.all(
          Array.from({ length: 100 }, async (_, index) => {
            await handle(index).commit([one(note(`n${index}`))])
            return (await handle(index + 1).query(sql`select id from notes where id = ${`n${index}`}`)).length
          }),
        )
        expect(found.every((count) => count === 1)).toBe(true)
      })

      test("null, great and negative numbers, and every kind of text come back as they went", async () => {
        const texts = [
          "",
          " ",
          "007",
          "1.0",
          "ß→日本",
          "👩🏽‍💻",
          "e\u0301",
          "\uFFFD",
          "a\nb\t\r\\'\"",
          "$1 ? :x --",
          "'; drop table notes; --",
          "x".repeat(100_000),
        ]
        const numbers = [0, 1, -1, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null]
        await database.commit(texts.map((text, index) => one(note(`t${String(index).padStart(2, "0")}`, text))))
        await database.commit(numbers.map((number, index) => one(note(`u${index}`, null, number))))
        const rows = await all("notes")
        expect(rows.slice(0, texts.length).map((row) => row["text"])).toEqual(texts)
        expect(rows.slice(texts.length).map((row) => row["number"])).toEqual(numbers)
        const long = "x".repeat(100_000)
        expect(await database.query(sql`select id from notes where text = ${long}`)).toEqual([{ id: "t11" }])
      })

      test("a number is a whole number wherever it goes", async () => {
        await database.commit([one(sql`insert into notes (id, text, number) values (${5}, ${6}, ${7})`)])
        expect(await database.query(sql`select id, text, number / ${2} as half from notes`)).toEqual([
          { id: "5", text: "6", half: 3 },
        ])
      })

      test("counts and sums are numbers, a comparison is 0 or 1, an empty sum is null", async () => {
        const facts = sql`select count(*) as many, sum(left_over) as total, count(*) > 0 as some, count(*) > 5 as lots from spends`
        expect(await database.query(facts)).toEqual([{ many: 1, total: 1, some: 1, lots: 0 }])
        expect(await database.query(sql`select sum(number) as total from notes`)).toEqual([{ total: null }])
      })

      test("the same place in the source works again after it was refused, and with other types of values", async () => {
        const put = (id: string, text: string | null, number: number | null): Promise<Outcome> =>
          database.commit([any(sql`insert into notes (id, text, number) values (${id}, ${text}, ${number})`)])
        expect(await put("a", null, null)).toMatchObject({ committed: true })
        expect(await put("a", "text", 1)).toEqual({ committed: false, failed: 0 })
        expect(await put("b", "text", 2)).toMatchObject({ committed: true })
        await expect(database.query(sql`select id from nowhere`)).rejects.toThrow(/nowhere/)
        expect(await all("notes")).toHaveLength(2)
      })
    })

    describe("junk", () => {
      const junk: [string, unknown][] = [
        ["undefined", undefined],
        ["a boolean", true],
        ["a date", new Date(0)],
        ["a bigint", 1n],
        ["an object", { toString: () => "x" }],
        ["a list", ["x"]],
        ["bytes", new Uint8Array(2)],
        ["a fraction", 1.5],
        ["not a number", Number.NaN],
        ["infinity", Number.POSITIVE_INFINITY],
        ["a number too great to keep", 2 ** 53],
        ["text with a NUL", "a\0b"],
        ["half a surrogate pair", "a\ud83d"],
      ]
      test.each(junk)("%s is refused as a TypeError before anything is written", async (_, value) => {
        const statement = {
          ...sql`update spends set owner = ${null} where id = ${"code"}`,
          values: [value, "code"],
        } as Statement
        await expect(database.query(statement)).rejects.toThrow(TypeError)
        await expect(database.commit([one(note("a")), one(statement)])).rejects.toThrow(TypeError)
        expect(await all("notes")).toEqual([])
      })

      test("a statement that is not tagged, has too few values, or a nonsensical row count is refused", async () => {
        const good = note("a")
        const bad: unknown[] = [
          [any("delete from notes" as unknown as Statement)],
          [any({ ...good, values: ["a"] })],
          [{ statement: good, rows: -1 }],
          [{ statement: good, rows: 0.5 }],
          [undefined],
          good,
          undefined,
        ]
        const results = await Promise.allSettled(bad.map((writes) => database.commit(writes as Write[])))
        expect(results.map((result) => result.status === "rejected" && result.reason instanceof TypeError)).toEqual(
          bad.map(() => true),
        )
      })

      test("what is refused is not repeated in the error", async () => {
        const secret = database.query(sql`select * from notes where id = ${"hunter2\0"}`)
        await expect(secret).rejects.toThrow(/^(?!.*hunter2)/s)
      })
    })

    describe("closing", () => {
      test("lets commits that were asked for finish, refuses later ones, and may be asked for twice", async () => {
        const last = database.commit([one(note("a"))])
        const closing = Promise.all([database.close(), database.close()])
        await expect(database.commit([one(note("b"))])).rejects.toThrow(DatabaseUnavailable)
        await expect(database.query(sql`select 1 as one`)).rejects.toThrow(DatabaseUnavailable)
        expect(await last).toMatchObject({ committed: true })
        await closing
      })
    })
  })
}
