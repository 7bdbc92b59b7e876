import type { AskedKind } from "./use-step-up.ts"

/** The words of the step-up dialog. */
export type DialogTexts = {
  readonly title: string
  readonly totp: string
  readonly recoveryCode: string
  readonly emailCode: (address: string) => string
  readonly password: string
  readonly codeLabel: string
  readonly recoveryCodeLabel: string
  readonly passwordLabel: string
  readonly confirm: string
  readonly busy: string
  readonly cancel: string
  readonly useTotp: string
  readonly useRecoveryCode: string
  readonly useEmailCode: string
  readonly usePassword: string
  readonly sendAgain: string
  /** There is nothing to confirm with. */
  readonly nothing: string
}

export const englishDialogTexts: DialogTexts = {
  title: "Confirm it’s you",
  totp: "Enter the code from your authenticator app.",
  recoveryCode: "Enter one of your recovery codes. Each works once.",
  emailCode: (address) => (address ? `Enter the code that we sent to ${address}.` : "Enter the code that we sent you."),
  password: "Enter your password.",
  codeLabel: "Code",
  recoveryCodeLabel: "Recovery code",
  passwordLabel: "Password",
  confirm: "Confirm",
  busy: "Checking …",
  cancel: "Cancel",
  useTotp: "Use your authenticator app",
  useRecoveryCode: "Use a recovery code",
  useEmailCode: "Send me a code by email",
  usePassword: "Use your password",
  sendAgain: "Send another code",
  nothing: "There is nothing here that you could confirm with. Sign out and in again.",
}

type Words = Record<AskedKind, string>

/** What the dialog says for each kind, how its field is called, and the words of the button that leads there. */
export function wordsFor(texts: DialogTexts, hint: string): [says: Words, label: Words, alternative: Words] {
  return [
    {
      totp: texts.totp,
      "email-code": texts.emailCode(hint),
      "recovery-code": texts.recoveryCode,
      password: texts.password,
    },
    {
      totp: texts.codeLabel,
      "email-code": texts.codeLabel,
      "recovery-code": texts.recoveryCodeLabel,
      password: texts.passwordLabel,
    },
    {
      totp: texts.useTotp,
      "email-code": texts.useEmailCode,
      "recovery-code": texts.useRecoveryCode,
      password: texts.usePassword,
    },
  ]
}
