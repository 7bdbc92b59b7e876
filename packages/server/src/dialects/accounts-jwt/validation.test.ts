import { expect, test } from "vitest"
import { readFields, readQuery, ValidationFailed } from "./validation.ts"

const complaintsOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error instanceof ValidationFailed ? error.complaints : error
  }
  return undefined
}

test("names are compared without case, and null is absent", () => {
  const fields = readFields({ EMAIL: "a", clienturi: null, other: 1 })
  expect([fields.text("Email"), fields.text("ClientURI"), fields.text("Token")]).toEqual(["a", undefined, undefined])
  expect(complaintsOf(fields.settle)).toBeUndefined()
})

test("all complaints are told together, one for what has a wrong type", () => {
  const fields = readFields({ email: 1, password: "  " })
  fields.required("Email", "Email is required.")
  fields.required("Password", "Password is required.")
  fields.complain("Password", "And more.")
  expect(complaintsOf(fields.settle)).toEqual({
    Email: ["The Email field has to be text."],
    Password: ["Password is required.", "And more."],
  })
})

test("names that objects have by themselves are ordinary names", () => {
  const fields = readFields(JSON.parse('{"__proto__":"x","constructor":"y","hasOwnProperty":"z"}'))
  expect(fields.text("constructor")).toBe("y")
  expect(fields.text("Email")).toBeUndefined()
})

test.each([[undefined], [null], [[]], ["text"], [1]])("%j is no body", (body) => {
  expect(complaintsOf(() => readFields(body))).toEqual({ "": ["A non-empty request body is required."] })
})

test("what comes twice in two spellings is refused, in a body and in a query", () => {
  expect(complaintsOf(() => readFields({ email: "a", Email: "b" }))).toEqual({ "": ["A property was sent twice."] })
  expect(complaintsOf(() => readQuery(new URLSearchParams("token=a&Token=b")))).toEqual({
    "": ["A property was sent twice."],
  })
})
