// The few parts of React Native that are used, so that it need not be installed to build this package.
declare module "react-native" {
  import type { ComponentType, ReactNode, RefAttributes } from "react"

  type Style = Readonly<Record<string, unknown>>
  type Styled = { style?: Style | readonly (Style | false | undefined)[]; children?: ReactNode; testID?: string }
  type Labelled = {
    accessibilityLabel?: string | undefined
    accessibilityRole?: "header" | "button" | "alert" | undefined
    accessibilityState?: { disabled?: boolean; busy?: boolean } | undefined
    accessibilityLiveRegion?: "none" | "polite" | "assertive" | undefined
    accessibilityViewIsModal?: boolean | undefined
    importantForAccessibility?: "no-hide-descendants" | "auto" | undefined
    "aria-hidden"?: boolean | undefined
  }
  /** Only a browser reads it. */
  type Directed = { dir?: "ltr" | "rtl" | "auto" }
  export type TextInputHandle = { focus: () => void }

  export const View: ComponentType<Styled & Labelled & Directed>
  export const Text: ComponentType<Styled & Labelled>
  export const ScrollView: ComponentType<
    Styled & { contentContainerStyle?: Style; keyboardShouldPersistTaps?: "handled" | "always" }
  >
  export const KeyboardAvoidingView: ComponentType<Styled & { behavior?: "padding" | "height" | undefined }>
  export const Pressable: ComponentType<Styled & Labelled & { onPress?: () => void; disabled?: boolean }>
  export const Modal: ComponentType<{
    visible: boolean
    transparent?: boolean
    animationType?: "none" | "fade" | "slide"
    "aria-label"?: string
    onRequestClose?: () => void
    children?: ReactNode
  }>
  export const TextInput: ComponentType<
    Styled &
      Labelled &
      RefAttributes<TextInputHandle> & {
        value?: string
        onChangeText?: (text: string) => void
        onSubmitEditing?: () => void
        onFocus?: () => void
        onBlur?: () => void
        editable?: boolean
        autoFocus?: boolean
        secureTextEntry?: boolean
        caretHidden?: boolean
        keyboardType?: "number-pad" | "default" | undefined
        inputMode?: "numeric" | "text" | undefined
        textContentType?: "oneTimeCode" | "password" | "none" | undefined
        autoComplete?: "one-time-code" | "current-password" | "off" | undefined
        autoCapitalize?: "none" | "characters" | undefined
        autoCorrect?: boolean
        spellCheck?: boolean
        returnKeyType?: "done" | undefined
        submitBehavior?: "submit" | undefined
      }
  >
  export const Platform: { readonly OS: "ios" | "android" | "web" | (string & {}) }
  export const AppState: {
    addEventListener(event: "change", listener: (state: string) => void): { remove(): void }
  }
  export function useColorScheme(): "light" | "dark" | null | undefined
}
