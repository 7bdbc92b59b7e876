// @vitest-environment happy-dom
import { fireEvent, render, screen } from "@testing-library/react"
import type { ReactElement } from "react"
import { afterEach, expect, test, vi } from "vitest"
import { cleanup } from "@testing-library/react"
import { normaliseCode, useCodeField } from "./code-field.ts"
import type { CodeFieldOptions } from "./code-field.ts"

afterEach(cleanup)

function Field(options: CodeFieldOptions): ReactElement {
  const { inputProps, slots } = useCodeField(options)
  return (
    <>
      <label>
        Code
        <input {...inputProps} />
      </label>
      <output>{slots.map(({ char, isActive }) => `${char ?? "_"}${isActive ? "|" : ""}`).join("")}</output>
    </>
  )
}

const input = (): HTMLInputElement => screen.getByLabelText("Code")
const boxes = (): string | null => screen.getByRole("status").textContent
const type = (value: string, at = value.length): void => {
  input().focus()
  fireEvent.change(input(), { target: { value, selectionStart: at, selectionEnd: at } })
}

for (const [typed, code] of [
  ["123456", "123456"],
  ["123 456", "123456"],
  ["123-456", "123456"],
  [" 12 34 56 ", "123456"],
  ["１２３４５６", "123456"],
  ["12345", "12345"],
  ["1234567890", "123456"],
  ["abc", ""],
] as const)
  test(`${JSON.stringify(typed)} is read as ${JSON.stringify(code)}`, () => {
    const onComplete = vi.fn<(value: string) => void>()
    render(<Field onComplete={onComplete} />)
    type(typed)
    expect(input().value).toBe(code)
    expect(onComplete.mock.calls).toEqual(code.length === 6 ? [[code]] : [])
  })

test("it is one text input that phones fill from a message, and that cuts nothing off a pasted code", () => {
  render(<Field />)
  expect(input().getAttribute("autocomplete")).toBe("one-time-code")
  expect(input().getAttribute("inputmode")).toBe("numeric")
  expect(input().getAttribute("type")).toBe("text")
  expect(input().getAttribute("translate")).toBe("no")
  expect(input().hasAttribute("maxlength")).toBe(false)
})

test("the boxes show what is there and where the next one goes", () => {
  render(<Field />)
  expect(boxes()).toBe("______")
  type("12")
  expect(boxes()).toBe("12_|___")
  type("123456")
  expect(boxes()).toBe("123456|")
  fireEvent.blur(input())
  expect(boxes()).toBe("123456")
})

test("a whole code that is pasted replaces what stood there", () => {
  const onComplete = vi.fn<(value: string) => void>()
  render(<Field onComplete={onComplete} />)
  type("111111")
  fireEvent.paste(input(), { clipboardData: { getData: () => "Your code: 654 321" } })
  expect(input().value).toBe("654321")
  expect(onComplete.mock.calls).toEqual([["111111"], ["654321"]])
})

test("after a refusal one character can be corrected, and the field counts as full again", () => {
  const onComplete = vi.fn<(value: string) => void>()
  render(<Field onComplete={onComplete} />)
  type("123456")
  // The caret stands before the 3, and a 9 is typed.
  type("1293456", 3)
  expect(input().value).toBe("129456")
  expect(onComplete).toHaveBeenLastCalledWith("129456")
})

test("one too many at the end changes nothing", () => {
  const onComplete = vi.fn<(value: string) => void>()
  render(<Field onComplete={onComplete} />)
  type("123456")
  type("1234567")
  expect(input().value).toBe("123456")
  expect(onComplete).toHaveBeenCalledTimes(1)
})

test("codes with letters are read without case and dashes", () => {
  expect(normaliseCode("bcdfg-hjk 23", "letters")).toBe("BCDFGHJK23")
  render(<Field length={10} alphabet="letters" />)
  expect(input().getAttribute("inputmode")).toBe("text")
  type("bcdfg-hjk23")
  expect(input().value).toBe("BCDFGHJK23")
})
