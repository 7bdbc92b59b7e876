/** Reads what people type or paste as a code into the one form that is counted and compared. */

/** Longer input is not looked at. */
const longestInput = 128

// Blanks of every width, zero-width characters, and dashes: what apps and mails put between groups.
const separators = /[\s\p{Pd}\u2212\u00ad\u180e\u200b-\u200f\u2060\ufeff]+/gu

/**
 * Digits without what stands between them, as ASCII: full-width and other scripts' decimal digits are read as what
 * they stand for. Undefined for anything that has another character in it, is empty, or is no text.
 */
export function typedDigits(answer: unknown): string | undefined {
  const bare = typedText(answer)
  if (bare === undefined) return undefined
  const digits = bare.replaceAll(/\p{Nd}/gu, digitValue)
  return /^[0-9]+$/.test(digits) ? digits : undefined
}

/** Text without blanks and dashes, in compatibility form and upper case. Undefined when it is empty or no text. */
export function typedText(answer: unknown): string | undefined {
  if (typeof answer !== "string" || answer.length > longestInput) return undefined
  const bare = answer.normalize("NFKC").replaceAll(separators, "").toUpperCase()
  return bare === "" ? undefined : bare
}

/**
 * Unicode keeps the decimal digits of each script together, from zero to nine, so the distance from the start of an
 * unbroken run says the value (Unicode standard, section 4.6).
 */
function digitValue(digit: string): string {
  const point = digit.codePointAt(0) ?? 0
  let start = point
  while (/^\p{Nd}$/u.test(String.fromCodePoint(start - 1))) start--
  return String((point - start) % 10)
}
