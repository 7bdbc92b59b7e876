import { describe, expect, test } from "vitest"
import { add, type Ground, note } from "./contract-ground-for-tests.ts"
import { any, one, type Outcome, sql } from "./database.ts"

/** What a commit promises: guards, the order of writes, and what becomes of racers. */
export function writesContract(ground: Ground): void {
  describe("guards", () => {
    test("a commit stands when every demanded row count is met", async () => {
      const outcome = await ground.database.commit([
        one(sql`update spends set left_over = left_over - 1 where id = ${"code"} and left_over > 0`),
        one(note("a")),
        { statement: sql`delete from notes where id = ${"nobody"}`, rows: 0 },
      ])
      expect(outcome).toEqual({ committed: true, rows: [[], [], []] })
      expect(await ground.all("spends")).toEqual([{ id: "code", owner: "anna", left_over: 0 }])
    })

    test("too few rows undo the whole commit and name the write that said no", async () => {
      const outcome = await ground.database.commit([
        one(note("a")),
        one(sql`update spends set left_over = 0 where id = ${"nobody"}`),
        one(note("b")),
      ])
      expect(outcome).toEqual({ committed: false, failed: 1 })
      expect(await ground.all("notes")).toEqual([])
    })

    test("too many rows undo the whole commit", async () => {
      await ground.database.commit([one(note("a")), one(note("b"))])
      expect(await ground.database.commit([one(sql`update notes set number = ${7}`)])).toEqual({
        committed: false,
        failed: 0,
      })
      expect((await ground.all("notes")).map((row) => row["number"])).toEqual([null, null])
    })

    test("none demanded, one found: undone", async () => {
      const outcome = await ground.database.commit([
        { statement: sql`delete from spends where id = ${"code"}`, rows: 0 },
      ])
      expect(outcome).toEqual({ committed: false, failed: 0 })
      expect(await ground.all("spends")).toHaveLength(1)
    })

    test("a guarded write may return rows, and a reading statement may be a guard", async () => {
      const update = sql`update spends set left_over = ${5} where id = ${"code"} returning id, left_over`
      expect(await ground.database.commit([one(sql`select id from owners where id = ${"anna"}`), one(update)])).toEqual(
        {
          committed: true,
          rows: [[{ id: "anna" }], [{ id: "code", left_over: 5 }]],
        },
      )
      expect(await ground.database.commit([one(update), one(sql`select id from owners where id = ${"otto"}`)])).toEqual(
        {
          committed: false,
          failed: 1,
        },
      )
      expect(await ground.database.commit([{ statement: update, rows: 2 }])).toEqual({ committed: false, failed: 0 })
    })

    test("no rows demanded of a statement that could return some: none come back", async () => {
      const outcome = await ground.database.commit([
        { statement: sql`select id from owners where id = ${"otto"}`, rows: 0 },
      ])
      expect(outcome).toEqual({ committed: true, rows: [[]] })
    })

    test("rows that a cascade takes along are not counted", async () => {
      expect(await ground.database.commit([one(sql`delete from owners where id = ${"anna"}`)])).toMatchObject({
        committed: true,
      })
      expect(await ground.all("spends")).toEqual([])
    })

    test("a value that exists already is a failed guard, for a primary key and for a unique column", async () => {
      await ground.database.commit([one(note("a", "same"))])
      expect(await ground.database.commit([one(note("b")), one(note("a"))])).toEqual({ committed: false, failed: 1 })
      expect(await ground.database.commit([one(note("b")), any(note("c", "same"))])).toEqual({
        committed: false,
        failed: 1,
      })
      expect(await ground.all("notes")).toHaveLength(1)
    })

    test("a row whose owner is gone is a failed guard: somebody removed him meanwhile", async () => {
      const outcome = await ground.database.commit([
        one(note("a")),
        one(sql`insert into spends (id, owner, left_over) values (${"x"}, ${"gone"}, ${1})`),
      ])
      expect(outcome).toEqual({ committed: false, failed: 1 })
      expect(await ground.all("notes")).toEqual([])
    })

    test("an insert that yields to an existing row has changed none", async () => {
      await ground.database.commit([one(note("a"))])
      const again = sql`insert into notes (id) values (${"a"}) on conflict (id) do nothing`
      expect(await ground.database.commit([one(again)])).toEqual({ committed: false, failed: 0 })
      expect(await ground.database.commit([any(again)])).toMatchObject({ committed: true })
    })

    test("a missing value is the programmer's mistake: it rejects, and nothing of the commit stands", async () => {
      const broken = ground.database.commit([one(note("a")), any(sql`insert into spends (id) values (${"x"})`)])
      await expect(broken).rejects.toThrow(/left_over/)
      expect(await ground.all("notes")).toEqual([])
    })

    test("no writes: nothing to do", async () => {
      expect(await ground.database.commit([])).toEqual({ committed: true, rows: [] })
    })
  })

  describe("order", () => {
    test("each write sees the ones before it", async () => {
      const outcome = await ground.database.commit([
        one(note("a", "first", 1)),
        one(sql`update notes set number = number + 1 where id = ${"a"}`),
        one(sql`update notes set number = number * 10 where id = ${"a"} returning number`),
        one(sql`insert into notes (id, number) select ${"b"}, number from notes where id = ${"a"}`),
        one(sql`delete from notes where id = ${"a"} returning text`),
      ])
      expect(outcome).toEqual({ committed: true, rows: [[], [], [{ number: 20 }], [], [{ text: "first" }]] })
      expect(await ground.all("notes")).toEqual([{ id: "b", text: null, number: 20 }])
    })

    test("what was deleted can be written anew in the same commit", async () => {
      await ground.database.commit([one(note("a", "old"))])
      const outcome = await ground.database.commit([
        one(sql`delete from notes where id = ${"a"}`),
        one(note("a", "new")),
      ])
      expect(outcome).toMatchObject({ committed: true })
      expect(await ground.all("notes")).toEqual([{ id: "a", text: "new", number: null }])
    })
  })

  describe("races", () => {
    test("of a hundred who spend one row, one wins, and leaves one trace", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, racer) =>
          ground
            .handle(racer)
            .commit([
              one(sql`update spends set left_over = left_over - 1 where id = ${"code"} and left_over = 1`),
              one(note(`session of ${racer}`)),
            ]),
        ),
      )
      expect(outcomes.filter((outcome) => outcome.committed)).toHaveLength(1)
      expect(outcomes.filter((outcome) => !outcome.committed && outcome.failed !== 0)).toEqual([])
      expect(await ground.all("notes")).toHaveLength(1)
    })

    test("of a hundred who claim one name, one gets it", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, racer) =>
          ground.handle(racer).commit([one(note(`racer ${racer}`, "the name"))]),
        ),
      )
      expect(outcomes.filter((outcome) => outcome.committed)).toHaveLength(1)
    })

    test("counting up together loses no count, and gives everybody another one", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, racer) =>
          ground.handle(racer).commit([
            one(sql`insert into notes (id, number) values (${"n"}, ${1})
              on conflict (id) do update set number = notes.number + 1 returning number`),
          ]),
        ),
      )
      const counts = outcomes.map((outcome) => (outcome.committed ? Number(outcome.rows[0]?.[0]?.["number"]) : 0))
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    })

    test("those who meet each other in opposite order all get through", async () => {
      await ground.database.commit([one(note("a", "a", 0)), one(note("b", "b", 0))])
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, racer) =>
          ground.handle(racer).commit(racer % 4 < 2 ? [add("a"), add("b")] : [add("b"), add("a")]),
        ),
      )
      expect(outcomes.every((outcome) => outcome.committed)).toBe(true)
      expect((await ground.all("notes")).map((row) => row["number"])).toEqual([20, 20])
    })

    test("a commit that fails or breaks does not disturb the others of its moment", async () => {
      const settled = await Promise.allSettled(
        Array.from({ length: 150 }, (_, index): Promise<Outcome> => {
          const first = one(note(`n${String(index).padStart(3, "0")}`))
          if (index % 5 === 1)
            return ground.handle(index).commit([first, one(sql`delete from notes where id = ${"nobody"}`)])
          if (index % 5 === 2)
            return ground.handle(index).commit([first, any(sql`insert into no_such_table values (${1})`)])
          return ground.handle(index).commit([first])
        }),
      )
      const kept = new Set((await ground.all("notes")).map((row) => row["id"]))
      for (const [index, result] of settled.entries()) {
        const stands = result.status === "fulfilled" && result.value.committed
        expect(stands).toBe(index % 5 !== 1 && index % 5 !== 2)
        expect(kept.has(`n${String(index).padStart(3, "0")}`)).toBe(stands)
      }
    })
  })
}
