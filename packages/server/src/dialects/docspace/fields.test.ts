import { describe, expect, test } from "vitest"
import { readFields, ValidationFailed } from "./fields.ts"

const complaintsOf = (work: () => unknown) => {
  try {
    return work()
  } catch (error) {
    return error instanceof ValidationFailed ? error.complaints : error
  }
}
const id = "01890000-0000-7000-8000-00000000000a"

test("names are compared without case, null is absent, and no body is an empty one", () => {
  const fields = readFields({ USERNAME: "a", Session: true, mandatoryusers: null, other: 1 })
  expect([fields.text("userName"), fields.flag("session"), fields.ids("mandatoryUsers")]).toEqual(["a", true, []])
  expect([readFields(undefined).text("code"), readFields({}).flag("session")]).toEqual([undefined, false])
})

test.each([[[]], [null], ["text"], [1], [true]])("%j is no body", (body) => {
  expect(complaintsOf(() => readFields(body))).toEqual({ "": ["The body has to be an object."] })
})

test("what comes twice in two spellings is refused", () => {
  expect(complaintsOf(() => readFields({ code: "1", Code: "2" }))).toEqual({ "": ["A property was sent twice."] })
})

test("names that objects have by themselves are ordinary names", () => {
  const fields = readFields(JSON.parse('{"__proto__":"x","constructor":"y"}'))
  expect([fields.text("constructor"), fields.text("code")]).toEqual(["y", undefined])
})

describe("a value of another type is refused by its name", () => {
  const fields = readFields({ code: 123456, session: "yes", ids: [id, 5], id: "../x", list: "a", blank: " " })
  test.each([
    ["code", () => fields.text("code"), "has to be text"],
    ["session", () => fields.flag("session"), "has to be true or false"],
    ["ids", () => fields.ids("ids"), "has to be a list of texts"],
    ["list", () => fields.texts("list"), "has to be a list of texts"],
    ["id", () => fields.id("id"), "has to be an id"],
    ["blank", () => fields.required("blank"), "is required"],
    ["gone", () => fields.required("gone"), "is required"],
  ])("%s", (name, read, what) => {
    expect(complaintsOf(read)).toEqual({ [name]: [`The ${name} field ${what}.`] })
  })
})

test("ids are read in any case of letters", () => {
  expect(readFields({ id: id.toUpperCase() }).id("id")).toBe(id)
  expect(complaintsOf(() => readFields({ ids: ["x"] }).ids("ids"))).toEqual({
    ids: ["The ids field has to be a list of ids."],
  })
})
