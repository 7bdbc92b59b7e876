import type { ErrorCode, ErrorFacts } from "./client-error.ts"

const texts: Partial<Record<ErrorCode, string>> = {
  input_invalid: "Bitte prüfen Sie Ihre Eingabe.",
  unauthenticated: "Sie sind abgemeldet. Melden Sie sich neu an.",
  credentials_incorrect: "E-Mail-Adresse und Passwort passen nicht zusammen.",
  account_disabled: "Dieses Konto ist abgeschaltet.",
  address_unconfirmed: "Bestätigen Sie zuerst Ihre E-Mail-Adresse. Der Link liegt in Ihrem Postfach.",
  too_many_attempts: "Zu viele Versuche.",
  too_many_requests: "Zu viele Versuche.",
  challenge_spent: "Das hat zu lange gedauert. Beginnen Sie neu.",
  code_incorrect: "Der Code stimmt nicht. Prüfen Sie ihn und versuchen Sie es noch einmal.",
  code_already_used: "Dieser Code ist schon benutzt. Warten Sie auf den nächsten.",
  factor_dead: "Diese App ist gesperrt. Nehmen Sie einen Wiederherstellungscode und richten Sie die App neu ein.",
  kind_not_offered: "Dieser Weg steht hier nicht zur Wahl.",
  factor_limit_reached: "Mehr Apps sind nicht möglich. Entfernen Sie zuerst eine.",
  factor_required: "Ein zweiter Schritt muss bleiben. Richten Sie zuerst einen anderen ein.",
  already_enrolled: "Sie haben schon eine Authenticator-App. Entfernen Sie diese zuerst.",
  enrolment_required: "Richten Sie zuerst einen zweiten Schritt ein.",
  enrolment_expired: "Das hat zu lange gedauert. Beginnen Sie mit einem neuen QR-Code.",
  session_reverification_required: "Bestätigen Sie zuerst, dass Sie es sind.",
  mfa_token_invalid: "Diese Bestätigung ist verbraucht oder abgelaufen. Bestätigen Sie noch einmal.",
  insufficient_scope: "Das dürfen Sie nicht.",
  forbidden: "Das dürfen Sie nicht.",
  not_found: "Das gibt es nicht mehr.",
  conflict: "Gleichzeitig hat sich etwas anderes geändert. Versuchen Sie es noch einmal.",
  address_taken: "Diese E-Mail-Adresse ist schon vergeben.",
  password_rejected: "Wählen Sie ein anderes Passwort.",
  link_invalid: "Dieser Link ist verbraucht oder abgelaufen. Fordern Sie einen neuen an.",
  network_error: "Keine Verbindung. Prüfen Sie sie und versuchen Sie es noch einmal.",
  reverification_cancelled: "Sie haben sich nicht bestätigt, deshalb wurde nichts geändert.",
}

const passwordReasons: Record<string, string> = {
  too_short: "Es muss länger sein.",
  too_long: "Es ist zu lang.",
  common: "Es gehört zu den ersten, die jemand raten würde.",
  contains_context: "Es darf weder Ihren Namen noch den des Dienstes enthalten.",
  requires_digit: "Es braucht eine Ziffer.",
  requires_lowercase: "Es braucht einen Kleinbuchstaben.",
  requires_uppercase: "Es braucht einen Großbuchstaben.",
  requires_non_alphanumeric: "Es braucht ein Sonderzeichen.",
}

const wait = (seconds: number): string => {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} ${seconds <= 1 ? "Sekunde" : "Sekunden"}`
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} Minuten`
  return `${Math.ceil(seconds / 3600)} Stunden`
}

/** German sentences for refusals: give it to the client as `sentence`. */
export function germanSentenceFor(facts: ErrorFacts): string {
  const { code, retryAfter, clockOffSeconds, reasons, minimumLength } = facts
  if (code === "code_incorrect" && clockOffSeconds) {
    const side = clockOffSeconds < 0 ? "nach" : "vor"
    return `Die Uhr Ihres Telefons geht etwa ${wait(Math.abs(clockOffSeconds))} ${side}. Schalten Sie die automatische Zeit ein und nehmen Sie den nächsten Code.`
  }
  if (code === "password_rejected" && reasons?.length) {
    const said = reasons.map((reason) =>
      reason === "too_short" && minimumLength
        ? `Nehmen Sie mindestens ${minimumLength} Zeichen.`
        : passwordReasons[reason],
    )
    return [texts[code], ...said].filter(Boolean).join(" ")
  }
  const text = texts[code] ?? "Etwas ist schiefgegangen. Versuchen Sie es gleich noch einmal."
  return retryAfter ? `${text} Versuchen Sie es in ${wait(retryAfter)} noch einmal.` : text
}
