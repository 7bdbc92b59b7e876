import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { atOnce, codeOf, type Ground, must, startGround, wrongCode } from "./ground.ts"
import { openWaysIn, type WayIn } from "./ways-in.ts"

let ground: Ground
let ways: readonly WayIn[]

beforeAll(async () => {
  ground = await startGround({ actions: { pay: { level: "second_factor", seconds: 60, singleUse: true } } })
  ways = await openWaysIn(ground)
})
afterAll(() => ground.close())

const advance = (seconds: number): void => ground.server.clock.advance(seconds)
/** The start of a time step, so that the tests know where in it they are. */
const toStepStart = (): void => {
  const { clock } = ground.server
  clock.set(Math.ceil(clock.now() / 30_000) * 30_000)
}

/** The ways in which a code can be written and still be the same one. */
const spellings = (code: string): string[] => [
  code,
  ` ${code} `,
  `${code.slice(0, 3)} ${code.slice(3)}`,
  `${code.slice(0, 3)}-${code.slice(3)}`,
  `\u200b${code}\u00a0`,
  [...code].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join(""),
  [...code].map((digit) => String.fromCodePoint(0x0660 + Number(digit))).join(""),
]

describe("a code of an authenticator app", () => {
  test("passes once, and for whoever comes with it second it is a wrong code, at every door (A1, A5, A7, A8, A10, A13, B18)", async () => {
    for (const spent of ways) {
      const who = await ground.person()
      const code = who.app.code()
      const first = await (await spent.first(who)).give(code)
      expect([spent.name, first.in]).toEqual([spent.name, true])
      for (const way of ways) {
        const again = await (await way.first(who)).give(code)
        expect([spent.name, way.name, again.in]).toEqual([spent.name, way.name, false])
      }
      advance(3600)
    }
    for (const way of ways) {
      const who = await ground.person()
      must(await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)
      const replay = await (await way.first(who)).give(who.app.code())
      const wrong = await (await way.first(who)).give(wrongCode(who))
      expect([way.name, replay.answer.status]).toEqual([way.name, wrong.answer.status])
      if (way.name !== "account pages") expect(replay.answer.text).toBe(wrong.answer.text)
      advance(3600)
    }
  })

  test("is the same code in every spelling (A4)", async () => {
    const readable = await Promise.all(
      spellings("123456").map(async (_, index) => {
        const who = await ground.person()
        const first = await (
          await ground.half(who)
        ).post("/v1/challenge/answer", {
          kind: "totp",
          answer: spellings(who.app.code())[index],
        })
        return { who, passed: first.status === 200, code: who.app.code() }
      }),
    )
    expect(readable.every(({ passed }) => passed)).toBe(true)
    for (const { who, code } of readable) {
      for (const spelling of spellings(code).slice(0, 4)) {
        const again = await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: spelling })
        expect([again.status, codeOf(again)]).toEqual([400, "code_incorrect"])
      }
      advance(3600)
    }
  })

  test("spent at the end of a step does not pass in the next one, whatever step it was of (A2, A3)", async () => {
    // The phone's clock is behind, right or ahead; the code comes again in each of the steps that follow.
    for (const phone of [-30, 0, 30])
      for (const later of [1, 29, 30, 31, 59, 60, 89]) {
        toStepStart()
        const who = await ground.person()
        advance(29)
        const code = who.app.code(phone)
        const used = await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: code })
        expect([phone, used.status]).toEqual([phone, 200])
        advance(later)
        const again = await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: code })
        expect([phone, later, again.status]).toEqual([phone, later, 400])
        // One of an earlier step than the last accepted is as dead, though it was never used.
        const older = await (
          await ground.half(who)
        ).post("/v1/challenge/answer", {
          kind: "totp",
          answer: who.app.code(phone - later - 30),
        })
        expect([phone, later, older.status]).toEqual([phone, later, 400])
        advance(120)
        const next = await (
          await ground.half(who)
        ).post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() })
        expect(next.status).toBe(200)
      }
  })

  test("outside the window of one step either side is wrong (A3)", async () => {
    toStepStart()
    for (const [off, status] of [
      [-60, 400],
      [-30, 200],
      [30, 200],
      [60, 400],
    ] as const) {
      const who = await ground.person()
      const answer = who.app.code(off)
      expect([
        off,
        (await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer })).status,
      ]).toEqual([off, status])
    }
  })

  test("of fifty answers at once on fifty challenges passes once, and then nowhere else (A6, A11)", async () => {
    const who = await ground.person()
    const session = await ground.signedIn(who)
    const bearer = await ground.bearer(who)
    const code = who.app.code()
    const challenges = await atOnce(50, () => ground.half(who))
    const answers = await atOnce(50, async (index) =>
      challenges[index]?.post("/v1/challenge/answer", { kind: "totp", answer: code }),
    )
    expect(answers.filter((answer) => answer?.status === 200)).toHaveLength(1)
    // Racers must not lock out their winner.
    advance(30)
    must(await (await ground.half(who)).post("/v1/challenge/answer", { kind: "totp", answer: who.app.code() }), 200)

    // Everything else that takes a code of the app.
    const last = who.app.code()
    must(await session.post("/v1/step-up", { level: "second_factor" }), 201)
    expect((await session.post("/v1/challenge/answer", { kind: "totp", answer: last })).status).toBe(400)
    const proof = { kind: "totp", answer: last }
    expect((await bearer.post("/v1/mfa-tokens", { action: "pay", proof })).status).toBe(400)
    const opened = await ground.service.post<{ token: string }>(`/v1/users/${who.id}/challenges`, {})
    const external = ground.client({ bearer: opened.json.token })
    expect((await external.post("/v1/challenge/answer", proof)).status).toBe(400)
    must(await bearer.post("/v1/factors", { kind: "totp" }), 201)
    expect((await bearer.post("/v1/factors/confirm", { kind: "totp", answer: last })).status).toBe(400)
  })

  test("that is given to sign-in, step-up and a token at the same moment serves one of them (A6)", async () => {
    for (let round = 0; round < 5; round++) {
      const who = await ground.person()
      const session = await ground.signedIn(who)
      const bearer = await ground.bearer(who)
      must(await session.post("/v1/step-up", { level: "second_factor" }), 201)
      const half = await ground.half(who)
      const answer = { kind: "totp", answer: who.app.code() }
      const outcomes = await Promise.all([
        half.post("/v1/challenge/answer", answer),
        session.post("/v1/challenge/answer", answer),
        bearer.post("/v1/mfa-tokens", { proof: answer }),
        bearer.post("/v1/mfa-tokens", { action: "pay", proof: answer }),
        ...ways.slice(2).map(async (way) => {
          const { in: passed } = await (await way.first(who)).give(answer.answer)
          return { status: passed ? 200 : 400 }
        }),
      ])
      expect(outcomes.filter(({ status }) => status < 300)).toHaveLength(1)
    }
  })

  test("that confirmed an enrolment signs nobody in (A6)", async () => {
    const who = await ground.plain()
    const browser = await ground.signedIn(who)
    const begun = must(await browser.post<{ show: { uri: string } }>("/v1/factors", { kind: "totp" }), 201)
    const app = ground.server.authenticator.scan(begun.json.show.uri)
    const answer = { kind: "totp", answer: app.code() }
    must(await browser.post("/v1/factors/confirm", answer), 200)
    for (const way of ways) {
      const first = await way.first(who)
      expect([way.name, first.in, (await first.give(app.code())).in]).toEqual([way.name, false, false])
    }
  })
})
