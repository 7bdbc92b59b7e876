import type { CoreClient, ReverificationRequest } from "@countersign/client"
import { useEffect, useRef, useState } from "react"
import type { ReactElement, RefObject } from "react"
import {
  KeyboardAvoidingView,
  Modal,
  Platform,
  Pressable,
  ScrollView,
  Text,
  TextInput,
  useColorScheme,
  View,
} from "react-native"
import type { TextInputHandle } from "react-native"
import { englishDialogTexts, wordsFor } from "../dialog/texts.ts"
import type { DialogTexts } from "../dialog/texts.ts"
import { useStepUp } from "../dialog/use-step-up.ts"
import type { AskedKind } from "../dialog/use-step-up.ts"
import { useCodeField } from "./native-code-field.ts"
import { lookFor } from "./native-look.ts"
import type { Look } from "./native-look.ts"

type FieldProps = {
  look: Look
  label: string
  invalid: boolean
  busy: boolean
  onAnswer: (answer: string) => void
  onSubmit: (answer: string) => void
}

/** The keyboard comes up with the field, and again after a refusal. */
function useFocus(busy: boolean): RefObject<TextInputHandle | null> {
  const input = useRef<TextInputHandle>(null)
  useEffect(() => {
    if (!busy) input.current?.focus()
  }, [busy])
  return input
}

function CodeBoxes({ look, label, invalid, busy, onAnswer, onSubmit }: FieldProps): ReactElement {
  const { slots, inputProps } = useCodeField({ onChange: onAnswer, onComplete: onSubmit })
  const input = useFocus(busy)
  return (
    <View dir="ltr" style={look.boxes}>
      {slots.map(({ char, isActive }, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- boxes have no other name than their place
        <View key={index} aria-hidden style={[look.box, isActive && look.boxHere, invalid && look.boxBad]}>
          <Text style={look.char}>{char}</Text>
        </View>
      ))}
      <TextInput
        ref={input}
        {...inputProps}
        accessibilityLabel={label}
        caretHidden
        editable={!busy}
        style={look.over}
      />
    </View>
  )
}

function TextField({
  look,
  label,
  invalid,
  busy,
  onAnswer,
  onSubmit,
  kind,
}: FieldProps & { kind: "password" | "recovery-code" }): ReactElement {
  const [text, setText] = useState("")
  const input = useFocus(busy)
  const secret = kind === "password"
  return (
    <TextInput
      ref={input}
      value={text}
      onChangeText={(next) => {
        setText(next)
        onAnswer(next)
      }}
      onSubmitEditing={() => onSubmit(text)}
      accessibilityLabel={label}
      secureTextEntry={secret}
      textContentType={secret ? "password" : "none"}
      autoComplete={secret ? "current-password" : "off"}
      autoCapitalize={secret ? "none" : "characters"}
      autoCorrect={false}
      editable={!busy}
      style={[look.field, invalid && look.boxBad]}
    />
  )
}

export type NativeDialogProps = {
  client: CoreClient
  request: ReverificationRequest
  texts?: Partial<DialogTexts> | undefined
}

/** Asks for a fresh proof in a native modal. Going back cancels. */
export function NativeReverificationDialog({ client, request, ...given }: NativeDialogProps): ReactElement {
  const texts = { ...englishDialogTexts, ...given.texts }
  const look = lookFor(useColorScheme())
  const [answer, setAnswer] = useState("")
  const { kind, others, challenge, hint, busy, error, choose, submit } = useStepUp(client, request)
  const [says, label, alternative] = wordsFor(texts, hint)
  const pick = (next: AskedKind): void => {
    setAnswer("")
    choose(next)
  }
  const field = { look, invalid: error !== "", busy, onAnswer: setAnswer, onSubmit: submit }

  return (
    <Modal visible transparent animationType="fade" onRequestClose={request.cancel} aria-label={texts.title}>
      <KeyboardAvoidingView style={look.backdrop} behavior={Platform.OS === "ios" ? "padding" : undefined}>
        <ScrollView contentContainerStyle={look.centre} keyboardShouldPersistTaps="handled">
          <View style={look.card} accessibilityViewIsModal>
            <Text style={look.title} accessibilityRole="header">
              {texts.title}
            </Text>
            <Text style={look.says}>{kind ? says[kind] : challenge && texts.nothing}</Text>
            {kind === "totp" || kind === "email-code" ? <CodeBoxes key={kind} label={label[kind]} {...field} /> : null}
            {kind === "recovery-code" || kind === "password" ? (
              <TextField key={kind} kind={kind} label={label[kind]} {...field} />
            ) : null}
            {error ? (
              <Text style={look.error} accessibilityRole="alert" accessibilityLiveRegion="assertive">
                {error}
              </Text>
            ) : null}
            {kind ? (
              <Pressable
                style={[look.main, busy && look.busy]}
                accessibilityRole="button"
                accessibilityState={{ disabled: busy, busy }}
                onPress={() => (answer === "" ? undefined : submit(answer))}
              >
                <Text style={look.mainText}>{busy ? texts.busy : texts.confirm}</Text>
              </Pressable>
            ) : null}
            <View>
              {others.map((each) => (
                <Pressable key={each} style={look.other} accessibilityRole="button" onPress={() => pick(each)}>
                  <Text style={look.otherText}>{each === kind ? texts.sendAgain : alternative[each]}</Text>
                </Pressable>
              ))}
              <Pressable style={look.other} accessibilityRole="button" onPress={request.cancel}>
                <Text style={look.otherText}>{texts.cancel}</Text>
              </Pressable>
            </View>
          </View>
        </ScrollView>
      </KeyboardAvoidingView>
    </Modal>
  )
}
