import type { Block, Letter, Letters, Telling } from "./letter.ts"

// The straight apostrophe keeps the English text form in plain ASCII, so that it needs no transfer encoding.

const footer = (telling: Telling) => `${telling.issuer} sends this by itself. Nobody reads answers to this address.`

const details = (telling: Telling, ...more: (readonly [string, string])[]): Block => ({
  details: [
    ...more,
    ...row("When", telling.when),
    ...row("Browser", telling.browser),
    ...row("Network address", telling.address),
  ],
})

const row = (label: string, value: string | null): (readonly [string, string])[] =>
  value === null ? [] : [[label, value]]

const named = (telling: Telling): (readonly [string, string])[] => row("Name", telling.name)

const lifetime = (telling: Telling, thing: string): Block => ({
  text: telling.lifetime === null ? `The ${thing} works once.` : `The ${thing} works once, for ${telling.lifetime}.`,
})

/** A link where the app has a page for it, else the bare code to be pasted into the app. */
const wayOn = (telling: Telling, label: string): Block[] =>
  telling.link === null
    ? [{ code: telling.code ?? "", label: "Your code:" }, { text: "Paste it where the app asks for it." }]
    : [{ link: telling.link, label, copy: "If the button does nothing, open this address:" }]

const takenOver = (telling: Telling): Block => ({
  heading: "Was this not you?",
  advice: [
    'Set a new password at once, with "Forgot your password" on the sign-in page.',
    telling.securityUrl === null
      ? "Then end your other sessions and check how you sign in."
      : `Then end your other sessions and check how you sign in: ${telling.securityUrl}`,
    `If you can no longer sign in, ask the people who run ${telling.issuer} for help.`,
  ],
})

/** Where the advice to change the password can be followed. */
const changeIt = ({ securityUrl }: Telling): string[] =>
  securityUrl === null ? [] : [`You can do so here: ${securityUrl}`]

const notice = (
  telling: Telling,
  title: string,
  what: string,
  options: { rows?: (readonly [string, string])[]; before?: Block[]; advice?: Block } = {},
): Letter => ({
  subject: `${telling.issuer}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
  title,
  blocks: [
    { text: what },
    details(telling, ...(options.rows ?? [])),
    ...(options.before ?? []),
    options.advice ?? takenOver(telling),
  ],
  footer: footer(telling),
})

const codesLeft = (left: number): string =>
  left === 0
    ? "That was the last one. Make new recovery codes soon."
    : left === 1
      ? "One code is left. Make new ones soon."
      : `${String(left)} codes are left.`

/** Every word of a mail in English. */
export const english: Letters = {
  locale: "en-GB",
  unknown: "not known",
  on: (browser, system) => `${browser} on ${system}`,
  lifetime: (minutes) =>
    minutes % 60 === 0 && minutes > 0 ? count(minutes / 60, "hour", "hours") : count(minutes, "minute", "minutes"),

  mails: {
    "confirm-address": (telling) => ({
      subject: telling.plainSubject ? "Confirm your email" : `Confirm your address for ${telling.issuer}`,
      title: "Confirm your address",
      blocks: [
        { text: `Somebody, most likely you, gave this address to ${telling.issuer}. Confirm that it is yours.` },
        ...wayOn(telling, "Confirm address"),
        lifetime(telling, telling.link === null ? "code" : "link"),
        {
          heading: "Was this not you?",
          advice: ["Do nothing. Without your confirmation the address can't be used."],
        },
      ],
      footer: footer(telling),
    }),

    "reset-password": (telling) => ({
      subject: telling.plainSubject ? "Reset your password" : `Set a new password for ${telling.issuer}`,
      title: "Set a new password",
      blocks: [
        { text: `Somebody, most likely you, asked for a new password for ${telling.issuer}.` },
        ...wayOn(telling, "Set a new password"),
        lifetime(telling, telling.link === null ? "code" : "link"),
        details(telling),
        {
          heading: "Was this not you?",
          advice: ["Do nothing. Your password stays as it is. Don't pass this mail on to anybody."],
        },
      ],
      footer: footer(telling),
    }),

    "address-taken": (telling) => ({
      subject: `You already have an account at ${telling.issuer}`,
      title: "You already have an account",
      blocks: [
        { text: `Somebody tried to sign up at ${telling.issuer} with this address. It has an account already.` },
        { text: "If it was you, sign in as usual. If the password is gone, set a new one from the sign-in page." },
        ...(telling.link === null
          ? []
          : [{ link: telling.link, label: "Sign in", copy: "If the button does nothing, open this address:" }]),
        details(telling),
        { heading: "Was this not you?", advice: ["Do nothing. Nothing about your account was changed or shown."] },
      ],
      footer: footer(telling),
    }),

    "mailed-code": (telling) => ({
      subject: `Your code for ${telling.issuer}`,
      title: `Your code for ${telling.issuer}`,
      blocks: [
        { code: telling.code ?? "" },
        lifetime(telling, "code"),
        details(telling),
        {
          heading: "Was this not you?",
          advice: [
            "Then somebody may know your password. Don't pass the code on, and change your password now.",
            `Nobody from ${telling.issuer} will ever ask you for this code.`,
          ],
        },
      ],
      footer: footer(telling),
    }),

    "address-change": (telling) => ({
      subject: telling.plainSubject ? "Confirm your email" : `Confirm your new address for ${telling.issuer}`,
      title: "Confirm your new address",
      blocks: [
        { text: `Somebody, most likely you, wants to use this address for an account at ${telling.issuer}.` },
        ...wayOn(telling, "Use this address"),
        lifetime(telling, telling.link === null ? "code" : "link"),
        details(telling),
        { heading: "Was this not you?", advice: ["Do nothing. The account keeps the address that it has."] },
      ],
      footer: footer(telling),
    }),
  },

  notices: {
    password_changed: (t) =>
      notice(t, "Your password was changed", "The password of your account was changed. Other sessions were ended."),
    password_reset: (t) =>
      notice(
        t,
        "Your password was reset",
        "A new password was set with a link that we had mailed to you. All sessions were ended.",
      ),
    address_changed: (t) =>
      notice(t, "Your address was changed", "Your account has a new address for signing in and for mails.", {
        rows: row("New address", t.newAddress),
      }),
    address_change_requested: (t) =>
      notice(
        t,
        "A new address was asked for",
        "Somebody wants to give your account another address. It changes once that address is confirmed.",
        {
          rows: row("New address", t.newAddress),
        },
      ),
    factor_added: (t) =>
      notice(t, "A second step was added", "From now on, this way to sign in can be used with your account.", {
        rows: named(t),
      }),
    factor_removed: (t) =>
      notice(t, "A second step was removed", "This way to sign in can no longer be used with your account.", {
        rows: named(t),
      }),
    factor_renamed: (t) =>
      notice(t, "A second step was renamed", "One of your ways to sign in has a new name.", { rows: named(t) }),
    recovery_codes_replaced: (t) =>
      notice(
        t,
        "You have new recovery codes",
        "New recovery codes were made for your account. The old ones no longer work.",
      ),
    recovery_code_used: (t) =>
      notice(
        t,
        "A recovery code was used",
        "Somebody signed in, or proved who they are, with one of your recovery codes.",
        {
          before: t.left === null ? [] : [{ text: codesLeft(t.left) }],
        },
      ),
    second_factor_failed: (t) =>
      notice(
        t,
        "A sign-in stopped at the second step",
        "Somebody typed your right password, and then failed at the second step.",
        {
          advice: {
            heading: "Was this not you?",
            advice: [
              "Then somebody knows your password. They did not get in. Change the password now, here and wherever else you use it.",
              ...changeIt(t),
            ],
          },
        },
      ),
    account_locked: (t) =>
      notice(
        t,
        "Your account is locked for a while",
        `There were too many wrong passwords.${t.until === null ? "" : ` You can try again from ${t.until}.`}`,
        {
          before:
            t.link === null
              ? []
              : [
                  { text: "If you don't remember the password, you need not wait:" },
                  { link: t.link, label: "Set a new password", copy: "If the button does nothing, open this address:" },
                ],
          advice: {
            heading: "Was this not you?",
            advice: [
              "Then somebody is guessing. They did not get in, and the lock stops them. A long password of its own keeps your account safe.",
            ],
          },
        },
      ),
    factor_locked: (t) =>
      notice(
        t,
        t.dead ? "Your second step no longer works" : "Your second step is locked for a while",
        t.dead
          ? "There were so many wrong codes that it was taken out of use for good. Sign in another way and set it up anew."
          : `There were too many wrong codes.${t.until === null ? "" : ` You can try again from ${t.until}.`}`,
        {
          rows: named(t),
          advice: {
            heading: "Was this not you?",
            advice: [
              "Then somebody knows your password and is guessing the code. They did not get in. Change the password now.",
              ...changeIt(t),
            ],
          },
        },
      ),
    factors_reset: (t) =>
      notice(
        t,
        "Your second steps were removed",
        "All second steps and recovery codes were taken off your account. Set one up again when you next sign in.",
      ),
    api_key_created: (t) =>
      notice(t, "An API key was made", "A key that can act for your account was made.", { rows: named(t) }),
    new_device: (t) =>
      notice(t, "A new sign-in", "Your account was signed in to from a browser that it had not seen before."),
  },
}

const count = (amount: number, single: string, plural: string) => `${String(amount)} ${amount === 1 ? single : plural}`
