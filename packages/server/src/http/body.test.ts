import { describe, expect, test } from "vitest"
import { appForTests, testDoor } from "./app-for-tests.ts"

const door = testDoor([
  { method: "POST", path: "/body", handle: async (call) => ({ status: 200, json: await call.body() }) },
  { method: "POST", path: "/form", handle: async (call) => ({ status: 200, json: await call.form() }) },
])
const json = { "content-type": "application/json" }

describe("bodies", () => {
  const { fetch } = appForTests([door], { bodySeconds: 0.05 })
  const send = async (
    body: string | Uint8Array<ArrayBuffer> | ReadableStream,
    headers: Record<string, string> = json,
    path = "/t/body",
  ) => {
    // A stream has to say that nobody waits for the answer before it ends.
    const init: RequestInit & { duplex: "half" } = { method: "POST", headers, body, duplex: "half" }
    return await fetch(path, init)
  }
  const statusOf = async (...given: Parameters<typeof send>) => (await send(...given)).status

  test("a JSON object is read", async () => {
    expect(await (await send('{"a":{"b":[1,"\\u00e4"]},"c":null}')).json()).toEqual({ a: { b: [1, "ä"] }, c: null })
    expect(await statusOf("{}", { "content-type": "Application/JSON; charset=UTF-8" })).toBe(200)
  })
  test.each(["{", "", "  ", "{'a':1}", '{"a":1,}', "{} {}", "NaN", "\uFEFF\uFEFF{}"])(
    "malformed JSON is refused (%#)",
    async (text) => {
      expect(await (await send(text)).json()).toMatchObject({ code: "input_invalid" })
    },
  )
  test.each(["[]", "null", "1", '"x"', "true"])("%s is not an object", async (text) => {
    expect(await (await send(text)).json()).toMatchObject({
      details: { fields: [{ field: "", reason: "not_an_object" }] },
    })
  })
  test.each([
    '{"a":1,"a":2}',
    '{"x":{"a":1,"b":2,"a":3}}',
    '{"a":1,"\\u0061":2}',
    '[{"a":1,"a":1}]'.replace(/^\[(.*)\]$/, '{"list":[$1]}'),
  ])("duplicate keys are refused (%#)", async (text) => {
    expect(await (await send(text)).json()).toMatchObject({ details: { fields: [{ reason: "duplicate_key" }] } })
  })
  test("the same key in two objects, or inside a text, is no duplicate", async () => {
    expect(await statusOf('{"a":{"a":"{\\"a\\":1,\\"a\\":2}"},"b":[{"a":1},{"a":2}]}')).toBe(200)
  })
  test("deep nesting is refused and hurts nobody", async () => {
    expect(await statusOf(`{"a":${"[".repeat(17)}${"]".repeat(17)}}`)).toBe(422)
    expect(await statusOf(`{"a":${"[".repeat(7000)}${"]".repeat(7000)}}`)).toBe(422)
  })
  test("text that no store can hold is refused, and the field named", async () => {
    for (const text of ['{"a":"\\ud800"}', '{"a":["x\\u0000"]}'])
      expect(await (await send(text)).json()).toMatchObject({
        details: { fields: [{ field: "a", reason: "not_text" }] },
      })
    expect(await statusOf('{"\\u0000":1}')).toBe(422)
  })
  test("a key that was typed is not told back", async () => {
    const typed = "my password 123"
    expect(await (await send(JSON.stringify({ [typed]: "\0" }))).text()).not.toContain(typed)
  })
  test("bytes that are no UTF-8 are refused", async () => {
    expect(await statusOf(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBe(422)
  })
  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin1",
    "text/json",
    "",
  ])("%s is no JSON", async (type) => {
    expect(await statusOf("{}", type === "" ? { "content-type": "" } : { "content-type": type })).toBe(415)
  })
  test("more than 16 KiB is refused, also when no length was told", async () => {
    const large = JSON.stringify({ a: "x".repeat(17_000) })
    expect(await statusOf(large)).toBe(413)
    expect(await statusOf(large, { ...json, "content-length": String(large.length) })).toBe(413)
    expect(await statusOf(JSON.stringify({ a: "x".repeat(16_000) }))).toBe(200)
  })
  test("a length that was told wrongly opens no way around the limit", async () => {
    const large = JSON.stringify({ a: "x".repeat(17_000) })
    expect(await statusOf(large, { ...json, "content-length": "2" })).toBe(413)
    expect(await statusOf(large, { ...json, "content-length": "nonsense" })).toBe(413)
  })
  test("a body that does not come in time is refused", async () => {
    const slow = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) })
    expect(await statusOf(slow)).toBe(408)
  })
  test("a body that breaks off is refused", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) })
    expect(await statusOf(broken)).toBe(422)
  })
  test("forms are read by routes that take them, each field once", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" }
    expect(await (await send("a=1+2&b=%C3%A4&c", form, "/t/form")).json()).toEqual({ a: "1 2", b: "ä", c: "" })
    expect(await statusOf("a=1&a=2", form, "/t/form")).toBe(422)
    expect(await statusOf("a=%ff", form, "/t/form")).toBe(422)
    expect(await statusOf("a=%00", form, "/t/form")).toBe(422)
    expect(await statusOf("{}", json, "/t/form")).toBe(415)
    expect(await (await send("__proto__=1&constructor=2", form, "/t/form")).text()).toBe(
      '{"__proto__":"1","constructor":"2"}',
    )
  })
})
