import { describe, expect, test } from "vitest"
import { type Ground, note } from "./contract-ground-for-tests.ts"
import { any, one, type Outcome, sql, type Statement, type Write } from "./database.ts"

/** What reading promises, which values come back as they went, and what is refused. */
export function valuesContract(ground: Ground): void {
  describe("reading", () => {
    test("an acknowledged commit is seen at once, through every handle", async () => {
      for (let round = 0; round < 10; round++) {
        // oxlint-disable no-await-in-loop -- one after the other is the point
        await ground.handle(round).commit([one(note(`n${round}`))])
        const seen = await Promise.all(
          ground.handles.map((each) => each.query(sql`select id from notes where id = ${`n${round}`}`)),
        )
        expect(seen).toEqual(ground.handles.map(() => [{ id: `n${round}` }]))
        // oxlint-enable no-await-in-loop
      }
    })

    test("whoever is told of his commit finds it, while others are still waiting for theirs", async () => {
      const found = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          await ground.handle(index).commit([one(note(`n${index}`))])
          return (await ground.handle(index + 1).query(sql`select id from notes where id = ${`n${index}`}`)).length
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
      await ground.database.commit(texts.map((text, index) => one(note(`t${String(index).padStart(2, "0")}`, text))))
      await ground.database.commit(numbers.map((number, index) => one(note(`u${index}`, null, number))))
      const rows = await ground.all("notes")
      expect(rows.slice(0, texts.length).map((row) => row["text"])).toEqual(texts)
      expect(rows.slice(texts.length).map((row) => row["number"])).toEqual(numbers)
      const long = "x".repeat(100_000)
      expect(await ground.database.query(sql`select id from notes where text = ${long}`)).toEqual([{ id: "t11" }])
    })

    test("a number is a whole number wherever it goes", async () => {
      await ground.database.commit([one(sql`insert into notes (id, text, number) values (${5}, ${6}, ${7})`)])
      expect(await ground.database.query(sql`select id, text, number / ${2} as half from notes`)).toEqual([
        { id: "5", text: "6", half: 3 },
      ])
    })

    test("counts and sums are numbers, a comparison is 0 or 1, an empty sum is null", async () => {
      const facts = sql`select count(*) as many, sum(left_over) as total, count(*) > 0 as some, count(*) > 5 as lots from spends`
      expect(await ground.database.query(facts)).toEqual([{ many: 1, total: 1, some: 1, lots: 0 }])
      expect(await ground.database.query(sql`select sum(number) as total from notes`)).toEqual([{ total: null }])
    })

    test("the same place in the source works again after it was refused, and with other types of values", async () => {
      const put = (id: string, text: string | null, number: number | null): Promise<Outcome> =>
        ground.database.commit([any(sql`insert into notes (id, text, number) values (${id}, ${text}, ${number})`)])
      expect(await put("a", null, null)).toMatchObject({ committed: true })
      expect(await put("a", "text", 1)).toEqual({ committed: false, failed: 0 })
      expect(await put("b", "text", 2)).toMatchObject({ committed: true })
      await expect(ground.database.query(sql`select id from nowhere`)).rejects.toThrow(/nowhere/)
      expect(await ground.all("notes")).toHaveLength(2)
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
      await expect(ground.database.query(statement)).rejects.toThrow(TypeError)
      await expect(ground.database.commit([one(note("a")), one(statement)])).rejects.toThrow(TypeError)
      expect(await ground.all("notes")).toEqual([])
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
      const results = await Promise.allSettled(bad.map((writes) => ground.database.commit(writes as Write[])))
      expect(results.map((result) => result.status === "rejected" && result.reason instanceof TypeError)).toEqual(
        bad.map(() => true),
      )
    })

    test("what is refused is not repeated in the error", async () => {
      const secret = ground.database.query(sql`select * from notes where id = ${"hunter2\0"}`)
      await expect(secret).rejects.toThrow(/^(?!.*hunter2)/s)
    })
  })
}
