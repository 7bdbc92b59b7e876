import { expect, test, vi } from "vitest"
import { moment, plain, printTable, progressBar } from "./say.ts"

const caught = (stream: "stdout" | "stderr", work: () => void): string => {
  let text = ""
  const spy = vi.spyOn(process[stream], "write").mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  work()
  spy.mockRestore()
  return text
}

test("no control character that a stranger typed reaches the terminal", () => {
  expect(plain("\u001B[31mEve\u0007\u202E")).toBe("�[31mEve��")
  expect(plain("Zoë Ångström 👩")).toBe("Zoë Ångström 👩")
})

test("a table has columns as wide as what stands in them", () => {
  const text = caught("stdout", () =>
    printTable(
      ["a", "long head"],
      [
        ["wide value", "x"],
        ["", "y"],
      ],
    ),
  )
  expect(text).toBe("a           long head\nwide value  x\n            y\n")
})

test("a table without rows prints nothing for a script to trip over", () => {
  expect(caught("stdout", () => void caught("stderr", () => printTable(["a"], [])))).toBe("")
})

test("an instant is told in UTC, and one that never was as such", () => {
  expect(moment(Date.UTC(2030, 0, 2, 3, 4, 5))).toBe("2030-01-02 03:04")
  expect(moment(null)).toBe("never")
})

test("progress is told once at the end where nobody watches", () => {
  const text = caught("stderr", () => {
    const bar = progressBar("work")
    for (const done of [0, 50, 100]) bar({ done, total: 100 })
  })
  expect(text).toMatch(/^work \[#{32}\] 100\/100\n$/)
})

test("work with nothing to do is done", () => {
  expect(caught("stderr", () => progressBar("work")({ done: 0, total: 0 }))).toContain("0/0")
})
