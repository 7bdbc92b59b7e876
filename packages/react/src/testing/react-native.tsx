/** As much of React Native as the native dialog uses, drawn with the browser's elements. */
import { useImperativeHandle, useRef } from "react"
import type { ReactElement, ReactNode, Ref } from "react"

type Props = Record<string, unknown> & { children?: ReactNode }
const Box = ({ children }: Props): ReactElement => <div>{children}</div>

export const View = Box
export const ScrollView = Box
export const KeyboardAvoidingView = Box
export const Text = ({ children, accessibilityRole }: Props): ReactElement => (
  <span role={accessibilityRole === "alert" ? "alert" : undefined}>{children}</span>
)
export const Pressable = ({ children, onPress }: Props): ReactElement => (
  <button type="button" onClick={onPress as () => void}>
    {children}
  </button>
)
export const Modal = ({ children, onRequestClose, "aria-label": name }: Props): ReactElement => (
  <dialog open aria-label={name as string}>
    <button type="button" onClick={onRequestClose as () => void}>
      hardware back
    </button>
    {children}
  </dialog>
)
export function TextInput({
  ref,
  value,
  onChangeText,
  accessibilityLabel,
  autoComplete,
}: Props & { ref?: Ref<unknown> }): ReactElement {
  const input = useRef<HTMLInputElement>(null)
  useImperativeHandle(ref, () => ({ focus: () => input.current?.focus() }))
  return (
    <input
      ref={input}
      aria-label={accessibilityLabel as string}
      autoComplete={autoComplete as string}
      value={value as string}
      onChange={(event) => (onChangeText as (text: string) => void)(event.currentTarget.value)}
    />
  )
}
export const Platform = { OS: "ios" }
export const useColorScheme = (): string => "dark"
const listeners = new Set<(state: string) => void>()
export const AppState = {
  addEventListener: (_: string, listener: (state: string) => void) => {
    listeners.add(listener)
    return { remove: () => listeners.delete(listener) }
  },
  /** The person leaves the app or comes back. */
  become: (state: string): void => listeners.forEach((listener) => listener(state)),
  listeners,
}
