import type { CoreClient, ReverificationRequest } from "@countersign/client"
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react"
import type { FormEvent, InputHTMLAttributes, ReactElement, SyntheticEvent } from "react"
import { applyStyle } from "./style.ts"
import { englishDialogTexts, wordsFor } from "./texts.ts"
import type { DialogTexts } from "./texts.ts"
import { useStepUp } from "./use-step-up.ts"
import type { AskedKind } from "./use-step-up.ts"

export type DialogProps = {
  client: CoreClient
  request: ReverificationRequest
  texts?: Partial<DialogTexts> | undefined
}

type FieldProps = {
  id: string
  invalid: boolean
  busy: boolean
  describedBy: string
  onSubmit: (answer: string) => void
  onAnswer: (answer: string) => void
}

/** Focus goes to the field when it appears, and back to it after a refusal, with what was typed marked. */
function useFieldFocus(ref: React.RefObject<HTMLInputElement | null>, invalid: boolean, busy: boolean): void {
  useEffect(() => {
    if (busy) return
    ref.current?.focus()
    if (invalid) ref.current?.select()
  }, [ref, invalid, busy])
}

const shared = ({ id, invalid, busy, describedBy }: FieldProps): InputHTMLAttributes<HTMLInputElement> => ({
  id,
  "aria-invalid": invalid,
  "aria-describedby": describedBy,
  readOnly: busy,
  required: true,
})

const length = 6

/** One real input over six drawn boxes. */
function CodeBoxes(props: FieldProps): ReactElement {
  const ref = useRef<HTMLInputElement>(null)
  const [code, setCode] = useState("")
  const [caret, setCaret] = useState<number | null>(null)
  useFieldFocus(ref, props.invalid, props.busy)
  const follow = (event: SyntheticEvent<HTMLInputElement>): void => setCaret(event.currentTarget.selectionEnd)
  const take = ({ currentTarget: { value: typed, selectionEnd } }: SyntheticEvent<HTMLInputElement>): void => {
    const digits = typed.normalize("NFKC").replace(/\D/g, "")
    const at = selectionEnd ?? length
    // One too many takes the place of what stood after the caret, so that a mistake is corrected where it is.
    const over = digits.length === length + 1 && at <= length
    const next = over ? digits.slice(0, at) + digits.slice(at + 1) : digits.slice(-length)
    setCode(next)
    setCaret(at)
    if (over) requestAnimationFrame(() => ref.current?.setSelectionRange(at, at))
    props.onAnswer(next)
    if (next.length === length && next !== code) props.onSubmit(next)
  }
  const here = caret === null ? -1 : Math.min(caret, code.length, length - 1)
  return (
    <div className={props.invalid ? "boxes bad" : "boxes"}>
      {Array.from({ length }, (_, index) => (
        <span key={index} aria-hidden className={index === here ? "here" : ""}>
          {code[index]}
        </span>
      ))}
      <input
        {...shared(props)}
        ref={ref}
        name="code"
        value={code}
        inputMode="numeric"
        autoComplete="one-time-code"
        translate="no"
        onChange={take}
        onSelect={follow}
        onFocus={follow}
        onBlur={() => setCaret(null)}
      />
    </div>
  )
}

function TextField(props: FieldProps & { kind: "recovery-code" | "password" }): ReactElement {
  const ref = useRef<HTMLInputElement>(null)
  useFieldFocus(ref, props.invalid, props.busy)
  const look =
    props.kind === "password"
      ? ({ type: "password", autoComplete: "current-password" } as const)
      : ({
          type: "text",
          className: "code",
          autoComplete: "off",
          autoCapitalize: "characters",
          spellCheck: false,
        } as const)
  return (
    <input ref={ref} {...look} {...shared(props)} onChange={(event) => props.onAnswer(event.currentTarget.value)} />
  )
}

/** Asks for a fresh proof in a modal `<dialog>`. Closing it, by any way, cancels. */
export function ReverificationDialog({ client, request, ...given }: DialogProps): ReactElement {
  const texts = { ...englishDialogTexts, ...given.texts }
  const id = useId()
  const ref = useRef<HTMLDialogElement>(null)
  const [answer, setAnswer] = useState("")
  const { kind, others, challenge, hint, busy, error, choose, submit } = useStepUp(client, request)

  useLayoutEffect(() => {
    applyStyle()
    const dialog = ref.current
    if (!dialog?.open) dialog?.showModal()
    // Closing gives the focus back to where it was.
    return () => dialog?.close()
  }, [])

  const [says, label, alternative] = wordsFor(texts, hint)
  const field = {
    id: `${id}-field`,
    invalid: error !== "",
    busy,
    describedBy: `${id}-says ${id}-error`,
    onSubmit: submit,
    onAnswer: setAnswer,
  }
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    if (answer !== "") submit(answer)
  }
  const pick = (next: AskedKind): void => {
    setAnswer("")
    choose(next)
  }

  return (
    <dialog
      ref={ref}
      className="countersign-dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-says`}
      onCancel={(event) => {
        event.preventDefault()
        request.cancel()
      }}
    >
      <form onSubmit={onSubmit} noValidate>
        <h2 id={`${id}-title`}>{texts.title}</h2>
        <p id={`${id}-says`}>{kind ? says[kind] : challenge && texts.nothing}</p>
        {challenge?.user.email ? (
          <input type="text" name="username" autoComplete="username" value={challenge.user.email} readOnly hidden />
        ) : null}
        {kind ? (
          <div className="field">
            <label htmlFor={field.id}>{label[kind]}</label>
            {kind === "totp" || kind === "email-code" ? (
              <CodeBoxes key={kind} {...field} />
            ) : (
              <TextField key={kind} kind={kind} {...field} />
            )}
          </div>
        ) : null}
        <p id={`${id}-error`} className="error" role="alert">
          {error}
        </p>
        {kind ? (
          <button type="submit" className="main" aria-disabled={busy}>
            {busy ? texts.busy : texts.confirm}
          </button>
        ) : null}
        <div className="others">
          {others.map((each) => (
            <button key={each} type="button" onClick={() => pick(each)}>
              {each === kind ? texts.sendAgain : alternative[each]}
            </button>
          ))}
          <button type="button" onClick={request.cancel}>
            {texts.cancel}
          </button>
        </div>
      </form>
    </dialog>
  )
}
