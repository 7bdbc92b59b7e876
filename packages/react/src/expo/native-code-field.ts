import { useState } from "react"
import { normaliseCode } from "../code-field.ts"
import type { CodeFieldOptions, CodeSlot } from "../code-field.ts"

export type NativeCodeField = {
  readonly value: string
  readonly setValue: (value: string) => void
  readonly slots: readonly CodeSlot[]
  /** For the one real `<TextInput>`, which lies over the boxes. Give it an `accessibilityLabel`. */
  readonly inputProps: {
    readonly value: string
    readonly onChangeText: (text: string) => void
    readonly onFocus: () => void
    readonly onBlur: () => void
    readonly keyboardType: "number-pad" | "default"
    readonly inputMode: "numeric" | "text"
    readonly textContentType: "oneTimeCode"
    readonly autoComplete: "one-time-code"
    readonly autoCapitalize: "none" | "characters"
    readonly autoCorrect: false
    readonly spellCheck: false
    readonly returnKeyType: "done"
  }
}

/** A code field without any look, for React Native: paste and autofill from a message work. */
export function useCodeField(options: CodeFieldOptions = {}): NativeCodeField {
  const { length = 6, alphabet = "digits", onChange, onComplete } = options
  const [value, setState] = useState("")
  const [focused, setFocused] = useState(false)
  const digits = alphabet === "digits"

  function setValue(next: string): void {
    const clean = normaliseCode(next, alphabet).slice(0, length)
    setState(clean)
    if (clean === value) return
    onChange?.(clean)
    if (clean.length === length) onComplete?.(clean)
  }

  return {
    value,
    setValue,
    slots: Array.from({ length }, (_, index) => ({
      char: value[index] ?? null,
      isActive: focused && index === Math.min(value.length, length - 1),
    })),
    inputProps: {
      value,
      onChangeText: setValue,
      onFocus: () => setFocused(true),
      onBlur: () => setFocused(false),
      keyboardType: digits ? "number-pad" : "default",
      inputMode: digits ? "numeric" : "text",
      textContentType: "oneTimeCode",
      autoComplete: "one-time-code",
      autoCapitalize: digits ? "none" : "characters",
      autoCorrect: false,
      spellCheck: false,
      returnKeyType: "done",
    },
  }
}
