import { expect, test } from "vitest"
import { CountersignError, type ErrorCode } from "../../engine/errors.ts"
import { linkTo } from "./operation.ts"
import { kindsOf, tryAs } from "./typed-code.ts"

test.each([
  ["123456", ["totp", "recovery-code"], ["totp", "recovery-code"]],
  ["123 456", ["totp", "email-code"], ["totp"]],
  ["１２３４５６", ["totp"], ["totp"]],
  ["123456", ["email-code", "recovery-code"], ["email-code", "recovery-code"]],
  ["T5X68YTVQY", ["totp", "email-code", "recovery-code"], ["recovery-code"]],
  ["12345a", ["totp"], []],
  ["", ["totp", "recovery-code"], ["recovery-code"]],
  ["123456", ["passkey"], []],
] as const)("%j, where %j are offered, may be of %j", (code, offered, kinds) => {
  expect(kindsOf(code, offered)).toEqual(kinds)
})

const refusing = (codes: readonly ErrorCode[]) => {
  const asked: string[] = []
  const answer = tryAs(["a", "b", "c"], async (kind) => {
    asked.push(kind)
    const code = codes[asked.length - 1]
    if (code !== undefined) throw new CountersignError(code)
    return kind
  })
  return { answer, asked }
}

test("the next kind is asked only where a code can't be one of the kind before", async () => {
  const { answer, asked } = refusing(["input_invalid", "kind_not_offered"])
  expect([await answer, asked]).toEqual(["c", ["a", "b", "c"]])
})

test("what one kind found wrong is not tried as another", async () => {
  const { answer, asked } = refusing(["code_incorrect"])
  await expect(answer).rejects.toMatchObject({ code: "code_incorrect" })
  expect(asked).toEqual(["a"])
})

test("what can be a code of no kind is a wrong code", async () => {
  const { answer } = refusing(["input_invalid", "input_invalid", "input_invalid"])
  await expect(answer).rejects.toMatchObject({ code: "code_incorrect" })
  await expect(tryAs([], () => Promise.resolve())).rejects.toMatchObject({ code: "code_incorrect" })
})

test.each([
  ["/api/2.0/authentication/123456", "https://id.example/api/2.0/authentication"],
  ["/api/2.0/authentication/T5X68YTVQY", "https://id.example/api/2.0/authentication"],
  ["/api/2.0/authentication/logout", "https://id.example/api/2.0/authentication/logout"],
  ["/api/2.0/authentication", "https://id.example/api/2.0/authentication"],
  ["/two/fa/api/2.0/settings/tfaapp", "https://id.example/api/2.0/settings/tfaapp"],
])("%s is told as %s", (pathname, href) => {
  expect(linkTo({ pathname }, "https://id.example", "GET")).toEqual({ href, action: "GET" })
})
