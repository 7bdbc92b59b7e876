import type { Challenge, CoreClient, Level, ReverificationRequest } from "@countersign/client"
import { useEffect, useRef, useState } from "react"

/** Kinds that a dialog can ask for, in the order in which it offers them. */
export type AskedKind = "totp" | "email-code" | "recovery-code" | "password"
const strength: readonly Level[] = ["first_factor", "second_factor", "multi_factor"]
const askable: readonly string[] = ["totp", "email-code", "recovery-code", "password"]

export type StepUp = {
  /** Undefined while the challenge is being opened, or where there is nothing to confirm with. */
  readonly kind: AskedKind | undefined
  readonly others: readonly AskedKind[]
  readonly challenge: Challenge | undefined
  /** Where a mailed code went. */
  readonly hint: string
  readonly busy: boolean
  /** A sentence for the screen. */
  readonly error: string
  readonly choose: (kind: AskedKind) => void
  readonly submit: (answer: string) => void
}

const kindsOf = (challenge: Challenge): AskedKind[] =>
  askable.filter((kind): kind is AskedKind => challenge.kinds.some((listed) => listed.kind === kind))

/**
 * What a step-up dialog does, without its look: one for browsers, one for phones. Nothing here is shared with what a
 * page loads at its start, so that a bundler can keep all of it for when it is needed.
 */
export function useStepUp(client: CoreClient, request: ReverificationRequest): StepUp {
  const [challenge, setChallenge] = useState<Challenge>()
  const [kind, setKind] = useState<AskedKind>()
  const [hint, setHint] = useState("")
  const [busy, setBusy] = useState(true)
  const [error, setError] = useState("")
  const level = useRef<Level>("first_factor")

  async function show(next: Challenge): Promise<void> {
    setChallenge(next)
    const [first] = kindsOf(next)
    setKind(first)
    if (first === "email-code") await send()
  }
  async function send(): Promise<void> {
    const started = await client.challenge.start("email-code")
    setHint(started.hint ?? "")
  }
  async function open(): Promise<void> {
    level.current = request.level
    await show(await client.stepUp(level.current))
  }
  /** One thing at a time; what fails is said. */
  async function during(run: () => Promise<void>): Promise<void> {
    setBusy(true)
    try {
      await run()
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason))
      // A challenge that has ended is opened anew, so that the next try has one.
      if ((reason as { code?: string }).code === "challenge_spent") await open().catch(() => undefined)
    }
    setBusy(false)
  }

  useEffect(() => {
    void during(open)
    // oxlint-disable-next-line react/exhaustive-deps -- one request, one challenge
  }, [client, request])

  return {
    kind,
    challenge,
    hint,
    busy,
    error,
    others: challenge ? kindsOf(challenge).filter((each) => each !== kind || each === "email-code") : [],
    choose(next) {
      setKind(next)
      setError("")
      if (next === "email-code") void during(send)
    },
    submit(answer) {
      if (busy || kind === undefined) return
      void during(async () => {
        const { status, challenge: owed } = await client.challenge.answer({ kind, answer })
        setError("")
        if (status !== "complete" && owed) await show(owed)
        // Somebody asked for more while this was open.
        else if (strength.indexOf(level.current) >= strength.indexOf(request.level)) request.complete()
        else await open()
      })
    },
  }
}
