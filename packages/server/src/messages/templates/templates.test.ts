import { describe, expect, test } from "vitest"
import type { Notice } from "../../engine/audit/notices.ts"
import type { TemplateName as EngineTemplate } from "../../engine/outbox.ts"
import { noticeNames, renderMail, templateNames, type Facts, type NoticeName, type TemplateName } from "./templates.ts"

const at = Date.UTC(2026, 10, 24, 21, 21)
const service = { issuer: "Harbour & Sons", securityUrl: "https://id.example.org/account/security" }
const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
const circumstances = { at, agent: firefox, address: "203.0.113.7" }
const link = "https://id.example.org/account/confirm?token=Ab_-9&email=a%40b.example"

const write = (template: string, facts: Facts, locale = "en", about = service) =>
  renderMail({ template, locale, facts: { ...circumstances, ...facts } }, about)

const every: [string, Facts][] = [
  ...templateNames
    .filter((name) => name !== "notice")
    .map((name): [string, Facts] => [
      name,
      name === "mailed-code" ? { code: "042517", until: at + 600_000 } : { link, until: at + 3_600_000 },
    ]),
  ...noticeNames.map((notice): [string, Facts] => ["notice", { notice }]),
]

test("every mail that the engine may ask for has a template", () => {
  const templates: readonly EngineTemplate[] = templateNames
  const notices: readonly Notice[] = noticeNames
  const known: (template: EngineTemplate, notice: Notice) => [TemplateName, NoticeName] = (a, b) => [a, b]
  expect(templates.length + notices.length).toBeGreaterThan(0)
  expect(known("notice", "new_device")).toEqual(["notice", "new_device"])
})

describe.each(["en", "de"])("in %s", (locale) => {
  test.each(every)("%s %o has a subject, a text and an HTML form that say the same", (template, facts) => {
    const mail = write(template, facts, locale)
    expect(mail.subject).not.toBe("")
    expect(mail.html).toContain(`<html lang="${locale}">`)
    expect(mail.html).toContain("Harbour &amp; Sons")
    expect(mail.html).not.toMatch(/undefined|\[object|null/)
    expect(mail.text).not.toMatch(/undefined|\[object|null|<|&#/)
    const title = mail.text.split("\n")[0] ?? ""
    expect(mail.html.replaceAll("&amp;", "&")).toContain(`${title}</h1>`)
  })

  test("the two languages differ in every sentence that is mailed", () => {
    for (const [template, facts] of every) {
      const other = write(template, facts, locale === "en" ? "de" : "en").text.split("\n\n")
      const sentences = write(template, facts, locale)
        .text.split("\n\n")
        .filter((part) => !/http|\d/.test(part))
      expect(sentences.filter((sentence) => other.includes(sentence))).toEqual([])
    }
  })

  test.each(noticeNames)("the notice %s says when, which browser, which address, and what to do", (notice) => {
    const mail = write("notice", { notice }, locale)
    for (const form of [mail.text, mail.html]) {
      expect(form).toContain(locale === "en" ? "24 November 2026 at 21:21 UTC" : "24. November 2026 um 21:21 UTC")
      expect(form).toContain(locale === "en" ? "Firefox on Windows" : "Firefox auf Windows")
      expect(form).toContain("203.0.113.7")
      expect(form).toContain(locale === "en" ? "Was this not you?" : "Waren Sie das nicht?")
    }
  })
})

test.each(["second_factor_failed", "factor_locked", "factor_added", "password_changed"])(
  "a notice of %s says where to go",
  (notice) => {
    for (const locale of ["en", "de"]) {
      const { text, html } = write("notice", { notice, kind: "totp" }, locale)
      for (const form of [text, html]) expect(form).toContain(service.securityUrl)
    }
  },
)

describe("a mailed code", () => {
  const mail = write("mailed-code", { code: "042517", until: at + 600_000 })

  test("stands early in the text on a line of its own, and not in the subject", () => {
    expect(mail.subject).not.toContain("042517")
    expect(
      mail.text
        .split("\n")
        .slice(0, 4)
        .map((line) => line.trim()),
    ).toContain("042517")
  })

  test.each(["en", "de"])("is the only group of six digits in the whole mail (%s)", (locale) => {
    const { subject, text, html } = write("mailed-code", { code: "042517", until: at + 600_000 }, locale)
    for (const form of [text, html]) expect(form.match(/\d{6,}/g)).toEqual(["042517"])
    expect(subject).not.toMatch(/\d/)
  })

  test("says how long it is good", () => {
    expect(mail.text).toContain("works once, for 10 minutes")
    expect(write("mailed-code", { code: "1", until: at + 3_600_000 }).text).toContain("for 1 hour")
    expect(write("mailed-code", { code: "1", seconds: 60 }).text).toContain("for 1 minute.")
  })
})

describe("a link", () => {
  test("stands whole in the text, and as an anchor in the HTML", () => {
    const { text, html } = write("reset-password", { link })
    expect(text.split("\n")).toContain(link)
    expect(html).toContain(`href="${link.replace("&", "&amp;")}"`)
  })

  test("is replaced by the bare code where the app has no page for it", () => {
    const { text, html } = write("reset-password", { code: "Zm9vYmFyYmF6" })
    // Whoever looks for the word and what follows it finds the code, in either form.
    for (const form of [text, html.slice(html.indexOf("<h1"))])
      expect(/code\W+(\w+)/i.exec(form)?.[1]).toBe("Zm9vYmFyYmF6")
    expect(html).not.toContain("href")
  })

  test("has a subject that names the matter alone, where a client looks for it word by word", () => {
    const subjectOf = (template: string, locale: string) => write(template, { link, subject: "plain" }, locale).subject
    expect(subjectOf("confirm-address", "en-GB")).toBe("Confirm your email")
    expect(subjectOf("address-change", "en")).toBe("Confirm your email")
    expect(subjectOf("reset-password", "en")).toBe("Reset your password")
    for (const template of ["confirm-address", "address-change", "reset-password"]) {
      expect(subjectOf(template, "de")).not.toContain("Harbour")
      expect(write(template, { link }).subject).toContain("Harbour")
    }
  })

  test.each(["javascript:alert(1)", "data:text/html,x", "no address at all"])("%s is refused", (bad) => {
    expect(() => write("reset-password", { link: bad })).toThrow(TypeError)
  })
})

describe("what strangers can put into a mail", () => {
  test("markup in a name is shown as text", () => {
    const { html } = write("notice", { notice: "factor_added", name: `<img src=x onerror="1">` })
    expect(html).not.toContain("<img")
    expect(html).toContain("&lt;img")
  })

  test.each(["see https://evil.example", "evil.example", "a@b.example", "//evil", "\r\n", "x".repeat(61)])(
    "a factor named %j is not named",
    (name) => {
      const { text, html } = write("notice", { notice: "factor_added", name })
      expect(text).not.toContain("Name:")
      expect(html).not.toContain("evil")
    },
  )

  test("an agent's own words never come through", () => {
    const { text, html } = write("notice", { notice: "new_device", agent: "Call +49 30 1234567 <b>now</b>" })
    expect(text + html).not.toMatch(/Call|1234567|now<|<b>/)
    expect(text).toContain("Browser: not known")
  })

  test("what is no network address is not shown as one", () => {
    const { text } = write("notice", { notice: "new_device", address: "evil.example" })
    expect(text).toContain("Network address: not known")
  })

  test("a line end in the service's name stays out of the subject", () => {
    const mail = write("notice", { notice: "new_device" }, "en", {
      issuer: "A\r\nBcc: x@y.example",
      securityUrl: "https://a.example",
    })
    expect(mail.subject).not.toMatch(/[\r\n]/)
  })
})

describe("the locale", () => {
  test.each([
    ["de-AT", "24. November 2026 um 21:21 UTC"],
    ["en-US", "November 24, 2026 at 9:21"],
    ["en", "24 November 2026 at 21:21 UTC"],
    ["fr", "24 November 2026 at 21:21 UTC"],
    ["constructor", "24 November 2026 at 21:21 UTC"],
    ["", "24 November 2026 at 21:21 UTC"],
    ["de-!!", "24. November 2026 um 21:21 UTC"],
  ])("%s writes %s", (locale, moment) => {
    expect(write("notice", { notice: "new_device" }, locale).text).toContain(moment)
  })
})

test("the mail about a locked account leads to the page where a new password is set, where there is one", () => {
  expect(write("notice", { notice: "account_locked", link, until: at + 300_000 }).text).toContain(link)
  expect(write("notice", { notice: "account_locked", until: at + 300_000 }).text).toContain("21:26 UTC")
  expect(write("notice", { notice: "account_locked" }).html).not.toContain("href")
})

test("the mail about a second step that is out of use for good promises no later try", () => {
  const { text } = write("notice", { notice: "factor_locked", dead: 1, until: at + 300_000 })
  expect(text).toContain("set it up anew")
  expect(text).not.toContain("21:26")
})

test.each([
  ["nothing", {}],
  ["notice", {}],
  ["notice", { notice: "toString" }],
])("an unknown mail is the programmer's mistake (%s %o)", (template, facts) => {
  expect(() => write(template, facts)).toThrow(TypeError)
})

test.each([
  [firefox, "Firefox on Windows"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Safari on macOS",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Safari on iPhone",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1",
    "Chrome on iPhone",
  ],
  [
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "Edge on Windows",
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
    "Chrome on Linux",
  ],
  ["curl/8.14.1", "curl"],
])("%s is told as %s", (agent, short) => {
  expect(write("notice", { notice: "new_device", agent }).text).toContain(`Browser: ${short}\n`)
})
