import { useRef, useState } from "react"
import type { ChangeEvent, ClipboardEvent, InputHTMLAttributes, RefObject, SyntheticEvent } from "react"

/** One drawn box. */
export type CodeSlot = {
  readonly char: string | null
  /** The next character goes here. */
  readonly isActive: boolean
}

export type CodeFieldOptions = {
  /** How many characters; default 6. */
  readonly length?: number | undefined
  /** `digits` (default), or `letters` for codes with letters in them. */
  readonly alphabet?: "digits" | "letters" | undefined
  readonly onChange?: ((value: string) => void) | undefined
  /** Called each time the field becomes full. */
  readonly onComplete?: ((value: string) => void) | undefined
}

export type CodeField = {
  readonly value: string
  readonly setValue: (value: string) => void
  readonly slots: readonly CodeSlot[]
  readonly inputRef: RefObject<HTMLInputElement | null>
  /** For the one real `<input>`, which lies over the boxes. Give it a label. */
  readonly inputProps: InputHTMLAttributes<HTMLInputElement> & { readonly ref: RefObject<HTMLInputElement | null> }
}

/** What was typed or pasted as a bare code: `１２３ 456`, `123-456` and `123456` are one. */
export function normaliseCode(text: string, alphabet: "digits" | "letters" = "digits"): string {
  const plain = text.normalize("NFKC")
  return alphabet === "digits" ? plain.replace(/\D/g, "") : plain.replace(/[^a-z0-9]/gi, "").toUpperCase()
}

/**
 * A code field without any look: draw the slots, and lay the one real input over them. Paste, autofill from a message,
 * screen readers and the keyboard work as in any text field; a full field is overwritten where the caret stands.
 */
export function useCodeField(options: CodeFieldOptions = {}): CodeField {
  const { length = 6, alphabet = "digits", onChange, onComplete } = options
  const [value, setState] = useState("")
  const [caret, setCaret] = useState<number | null>(null)
  const inputRef = useRef<HTMLInputElement>(null)

  function setValue(next: string): void {
    const clean = normaliseCode(next, alphabet).slice(0, length)
    setState(clean)
    if (clean === value) return
    onChange?.(clean)
    if (clean.length === length) onComplete?.(clean)
  }

  const follow = ({ currentTarget }: SyntheticEvent<HTMLInputElement>): void => setCaret(currentTarget.selectionStart)

  return {
    value,
    setValue,
    inputRef,
    slots: Array.from({ length }, (_, index) => ({
      char: value[index] ?? null,
      isActive: caret !== null && index === Math.min(caret, value.length, length - 1),
    })),
    inputProps: {
      ref: inputRef,
      value,
      type: "text",
      inputMode: alphabet === "digits" ? "numeric" : "text",
      autoComplete: "one-time-code",
      autoCapitalize: "off",
      autoCorrect: "off",
      spellCheck: false,
      translate: "no",
      enterKeyHint: "done",
      onChange: (event: ChangeEvent<HTMLInputElement>) => {
        const { value: typed, selectionStart } = event.currentTarget
        const at = selectionStart ?? typed.length
        const over = normaliseCode(typed, alphabet).length - length
        // One too many in a full field takes the place of what stood after the caret.
        setValue(over === 1 && at <= length ? typed.slice(0, at) + typed.slice(at + 1) : typed)
        setCaret(at)
        if (over === 1) requestAnimationFrame(() => inputRef.current?.setSelectionRange(at, at))
      },
      onPaste: (event: ClipboardEvent<HTMLInputElement>) => {
        const pasted = normaliseCode(event.clipboardData.getData("text"), alphabet)
        if (pasted.length !== length) return
        event.preventDefault()
        setValue(pasted)
        setCaret(length)
      },
      onSelect: follow,
      onFocus: follow,
      onBlur: () => setCaret(null),
    },
  }
}
