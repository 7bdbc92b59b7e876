import type { DialogTexts } from "./texts.ts"

export const germanDialogTexts: DialogTexts = {
  title: "Bestätigen Sie, dass Sie es sind",
  totp: "Geben Sie den Code aus Ihrer Authenticator-App ein.",
  recoveryCode: "Geben Sie einen Ihrer Wiederherstellungscodes ein. Jeder gilt einmal.",
  emailCode: (address) =>
    address
      ? `Geben Sie den Code ein, den wir an ${address} geschickt haben.`
      : "Geben Sie den Code ein, den wir Ihnen geschickt haben.",
  password: "Geben Sie Ihr Passwort ein.",
  codeLabel: "Code",
  recoveryCodeLabel: "Wiederherstellungscode",
  passwordLabel: "Passwort",
  confirm: "Bestätigen",
  busy: "Wird geprüft …",
  cancel: "Abbrechen",
  useTotp: "Authenticator-App verwenden",
  useRecoveryCode: "Wiederherstellungscode verwenden",
  useEmailCode: "Code per E-Mail schicken",
  usePassword: "Passwort verwenden",
  sendAgain: "Noch einen Code schicken",
  nothing: "Hier gibt es nichts, womit Sie sich bestätigen könnten. Melden Sie sich ab und wieder an.",
}
