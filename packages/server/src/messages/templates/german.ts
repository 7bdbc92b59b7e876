import type { Block, Letter, Letters, Telling } from "./letter.ts"

const footer = (telling: Telling) =>
  `${telling.issuer} verschickt diese Mail von selbst. Antworten an diese Adresse liest niemand.`

const details = (telling: Telling, ...more: (readonly [string, string])[]): Block => ({
  details: [
    ...more,
    ...row("Wann", telling.when),
    ...row("Browser", telling.browser),
    ...row("Netzwerkadresse", telling.address),
  ],
})

const row = (label: string, value: string | null): (readonly [string, string])[] =>
  value === null ? [] : [[label, value]]

const named = (telling: Telling): (readonly [string, string])[] => row("Name", telling.name)

const lifetime = (telling: Telling, thing: string): Block => ({
  text: telling.lifetime === null ? `${thing} gilt einmal.` : `${thing} gilt einmal und ${telling.lifetime} lang.`,
})

const thing = (telling: Telling) => (telling.link === null ? "Der Code" : "Der Link")

const copy = "Falls der Knopf nichts tut, öffnen Sie diese Adresse:"

/** A link where the app has a page for it, else the bare code to be pasted into the app. */
const wayOn = (telling: Telling, label: string): Block[] =>
  telling.link === null
    ? [{ code: telling.code ?? "", label: "Ihr Code:" }, { text: "Fügen Sie ihn dort ein, wo die App danach fragt." }]
    : [{ link: telling.link, label, copy }]

const takenOver = (telling: Telling): Block => ({
  heading: "Waren Sie das nicht?",
  advice: [
    "Setzen Sie sofort ein neues Passwort, mit „Passwort vergessen“ auf der Anmeldeseite.",
    telling.securityUrl === null
      ? "Beenden Sie danach Ihre anderen Sitzungen und prüfen Sie, wie Sie sich anmelden."
      : `Beenden Sie danach Ihre anderen Sitzungen und prüfen Sie, wie Sie sich anmelden: ${telling.securityUrl}`,
    `Wenn Sie sich nicht mehr anmelden können, wenden Sie sich an die Betreiber von ${telling.issuer}.`,
  ],
})

/** Where the advice to change the password can be followed. */
const changeIt = ({ securityUrl }: Telling): string[] => (securityUrl === null ? [] : [`Das geht hier: ${securityUrl}`])

const notice = (
  telling: Telling,
  title: string,
  what: string,
  options: { rows?: (readonly [string, string])[]; before?: Block[]; advice?: Block } = {},
): Letter => ({
  subject: `${telling.issuer}: ${title}`,
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
    ? "Das war der letzte. Erstellen Sie bald neue Wiederherstellungscodes."
    : left === 1
      ? "Ein Code ist übrig. Erstellen Sie bald neue."
      : `${String(left)} Codes sind übrig.`

/** Every word of a mail in German. */
export const german: Letters = {
  locale: "de-DE",
  unknown: "nicht bekannt",
  on: (browser, system) => `${browser} auf ${system}`,
  lifetime: (minutes) =>
    minutes % 60 === 0 && minutes > 0 ? count(minutes / 60, "Stunde", "Stunden") : count(minutes, "Minute", "Minuten"),

  mails: {
    "confirm-address": (telling) => ({
      subject: telling.plainSubject
        ? "Bestätigen Sie Ihre E-Mail-Adresse"
        : `Bestätigen Sie Ihre Adresse für ${telling.issuer}`,
      title: "Bestätigen Sie Ihre Adresse",
      blocks: [
        {
          text: `Jemand, vermutlich Sie, hat diese Adresse bei ${telling.issuer} angegeben. Bestätigen Sie, dass sie Ihnen gehört.`,
        },
        ...wayOn(telling, "Adresse bestätigen"),
        lifetime(telling, thing(telling)),
        {
          heading: "Waren Sie das nicht?",
          advice: ["Tun Sie nichts. Ohne Ihre Bestätigung kann die Adresse nicht verwendet werden."],
        },
      ],
      footer: footer(telling),
    }),

    "reset-password": (telling) => ({
      subject: telling.plainSubject ? "Setzen Sie Ihr Passwort zurück" : `Neues Passwort für ${telling.issuer} setzen`,
      title: "Neues Passwort setzen",
      blocks: [
        { text: `Jemand, vermutlich Sie, möchte ein neues Passwort für ${telling.issuer}.` },
        ...wayOn(telling, "Neues Passwort setzen"),
        lifetime(telling, thing(telling)),
        details(telling),
        {
          heading: "Waren Sie das nicht?",
          advice: ["Tun Sie nichts. Ihr Passwort bleibt, wie es ist. Geben Sie diese Mail an niemanden weiter."],
        },
      ],
      footer: footer(telling),
    }),

    "address-taken": (telling) => ({
      subject: `Sie haben schon ein Konto bei ${telling.issuer}`,
      title: "Sie haben schon ein Konto",
      blocks: [
        {
          text: `Jemand wollte sich mit dieser Adresse bei ${telling.issuer} registrieren. Zu ihr gibt es schon ein Konto.`,
        },
        {
          text: "Waren Sie es, dann melden Sie sich wie gewohnt an. Ist das Passwort weg, setzen Sie auf der Anmeldeseite ein neues.",
        },
        ...(telling.link === null ? [] : [{ link: telling.link, label: "Anmelden", copy }]),
        details(telling),
        {
          heading: "Waren Sie das nicht?",
          advice: ["Tun Sie nichts. An Ihrem Konto wurde nichts geändert und nichts gezeigt."],
        },
      ],
      footer: footer(telling),
    }),

    "mailed-code": (telling) => ({
      subject: `Ihr Code für ${telling.issuer}`,
      title: `Ihr Code für ${telling.issuer}`,
      blocks: [
        { code: telling.code ?? "" },
        lifetime(telling, "Der Code"),
        details(telling),
        {
          heading: "Waren Sie das nicht?",
          advice: [
            "Dann kennt vielleicht jemand Ihr Passwort. Geben Sie den Code nicht weiter und ändern Sie das Passwort jetzt.",
            `Niemand von ${telling.issuer} wird Sie je nach diesem Code fragen.`,
          ],
        },
      ],
      footer: footer(telling),
    }),

    "address-change": (telling) => ({
      subject: telling.plainSubject
        ? "Bestätigen Sie Ihre E-Mail-Adresse"
        : `Bestätigen Sie Ihre neue Adresse für ${telling.issuer}`,
      title: "Bestätigen Sie Ihre neue Adresse",
      blocks: [
        { text: `Jemand, vermutlich Sie, möchte diese Adresse für ein Konto bei ${telling.issuer} verwenden.` },
        ...wayOn(telling, "Diese Adresse verwenden"),
        lifetime(telling, thing(telling)),
        details(telling),
        { heading: "Waren Sie das nicht?", advice: ["Tun Sie nichts. Das Konto behält die Adresse, die es hat."] },
      ],
      footer: footer(telling),
    }),
  },

  notices: {
    password_changed: (t) =>
      notice(
        t,
        "Ihr Passwort wurde geändert",
        "Das Passwort Ihres Kontos wurde geändert. Andere Sitzungen wurden beendet.",
      ),
    password_reset: (t) =>
      notice(
        t,
        "Ihr Passwort wurde zurückgesetzt",
        "Mit einem Link aus einer Mail an Sie wurde ein neues Passwort gesetzt. Alle Sitzungen wurden beendet.",
      ),
    address_changed: (t) =>
      notice(t, "Ihre Adresse wurde geändert", "Ihr Konto hat eine neue Adresse für die Anmeldung und für Mails.", {
        rows: row("Neue Adresse", t.newAddress),
      }),
    address_change_requested: (t) =>
      notice(
        t,
        "Eine neue Adresse wurde gewünscht",
        "Jemand möchte Ihrem Konto eine andere Adresse geben. Sie gilt, sobald sie bestätigt ist.",
        {
          rows: row("Neue Adresse", t.newAddress),
        },
      ),
    factor_added: (t) =>
      notice(t, "Ein zweiter Schritt kam hinzu", "Ab jetzt kann man sich bei Ihrem Konto auch so anmelden.", {
        rows: named(t),
      }),
    factor_removed: (t) =>
      notice(t, "Ein zweiter Schritt wurde entfernt", "Bei Ihrem Konto kann man sich so nicht mehr anmelden.", {
        rows: named(t),
      }),
    factor_renamed: (t) =>
      notice(t, "Ein zweiter Schritt wurde umbenannt", "Einer Ihrer Wege zur Anmeldung hat einen neuen Namen.", {
        rows: named(t),
      }),
    recovery_codes_replaced: (t) =>
      notice(
        t,
        "Sie haben neue Wiederherstellungscodes",
        "Für Ihr Konto wurden neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.",
      ),
    recovery_code_used: (t) =>
      notice(
        t,
        "Ein Wiederherstellungscode wurde benutzt",
        "Jemand hat sich mit einem Ihrer Wiederherstellungscodes angemeldet oder ausgewiesen.",
        {
          before: t.left === null ? [] : [{ text: codesLeft(t.left) }],
        },
      ),
    second_factor_failed: (t) =>
      notice(
        t,
        "Eine Anmeldung endete am zweiten Schritt",
        "Jemand hat Ihr richtiges Passwort eingegeben und ist dann am zweiten Schritt gescheitert.",
        {
          advice: {
            heading: "Waren Sie das nicht?",
            advice: [
              "Dann kennt jemand Ihr Passwort. Hineingekommen ist niemand. Ändern Sie das Passwort jetzt, hier und überall, wo Sie es sonst verwenden.",
              ...changeIt(t),
            ],
          },
        },
      ),
    account_locked: (t) =>
      notice(
        t,
        "Ihr Konto ist für eine Weile gesperrt",
        `Es gab zu viele falsche Passwörter.${t.until === null ? "" : ` Ein neuer Versuch geht ab ${t.until}.`}`,
        {
          before:
            t.link === null
              ? []
              : [
                  { text: "Wenn Sie das Passwort nicht mehr wissen, müssen Sie nicht warten:" },
                  { link: t.link, label: "Neues Passwort setzen", copy },
                ],
          advice: {
            heading: "Waren Sie das nicht?",
            advice: [
              "Dann rät jemand. Hineingekommen ist niemand, und die Sperre beendet das Raten. Ein langes, nur hier verwendetes Passwort schützt Ihr Konto.",
            ],
          },
        },
      ),
    factor_locked: (t) =>
      notice(
        t,
        t.dead ? "Ihr zweiter Schritt gilt nicht mehr" : "Ihr zweiter Schritt ist für eine Weile gesperrt",
        t.dead
          ? "Es gab so viele falsche Codes, dass er endgültig abgeschaltet wurde. Melden Sie sich anders an und richten Sie ihn neu ein."
          : `Es gab zu viele falsche Codes.${t.until === null ? "" : ` Ein neuer Versuch geht ab ${t.until}.`}`,
        {
          rows: named(t),
          advice: {
            heading: "Waren Sie das nicht?",
            advice: [
              "Dann kennt jemand Ihr Passwort und rät den Code. Hineingekommen ist niemand. Ändern Sie das Passwort jetzt.",
              ...changeIt(t),
            ],
          },
        },
      ),
    factors_reset: (t) =>
      notice(
        t,
        "Ihre zweiten Schritte wurden entfernt",
        "Alle zweiten Schritte und Wiederherstellungscodes wurden von Ihrem Konto genommen. Richten Sie bei der nächsten Anmeldung wieder einen ein.",
      ),
    api_key_created: (t) =>
      notice(
        t,
        "Ein API-Schlüssel wurde erstellt",
        "Es wurde ein Schlüssel erstellt, der für Ihr Konto handeln kann.",
        { rows: named(t) },
      ),
    new_device: (t) =>
      notice(t, "Eine neue Anmeldung", "Ihr Konto wurde von einem Browser aus benutzt, den es noch nicht kannte."),
  },
}

const count = (amount: number, single: string, plural: string) => `${String(amount)} ${amount === 1 ? single : plural}`
