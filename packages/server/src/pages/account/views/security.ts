import { html } from "hono/html"
import type { Activity, Engine, PublicFactor, User } from "../../../engine/engine.ts"
import { textsOf } from "../../texts/texts.ts"
import { activityRows } from "./activity.ts"
import { browserPart, sessionPart } from "./places.ts"
import type { Frame, View } from "../frame.ts"
import { formToken, heading } from "../frame.ts"
import type { IconName } from "../icons.ts"
import { icon } from "../icons.ts"
import { ago, agoPlainly, dateOf } from "../moments.ts"
import { notice } from "../notices.ts"
import type { Refusal } from "../refusals.ts"
import type { Html } from "../say.ts"
import { say, sayPlainly } from "../say.ts"

export type Sessions = Awaited<ReturnType<Engine["sessions"]["list"]>>
export type Browsers = Awaited<ReturnType<Engine["rememberedDevices"]["list"]>>

export type Security = {
  readonly user: User
  readonly factors: readonly PublicFactor[]
  /** Kinds that could be added now. */
  readonly offered: readonly string[]
  readonly codes:
    | {
        readonly left: number
        readonly total: number
        readonly createdAt: number | null
        readonly acknowledged: boolean
        readonly canShow: boolean
      }
    | undefined
  readonly sessions: Sessions
  readonly browsers: Browsers
  readonly activity: readonly Activity[]
  /** Until when a demanded second step can be put off. */
  readonly owedBy: number | null
  /** It can't be put off any more. */
  readonly owedNow: boolean
  readonly done?: string | undefined
  readonly refusal?: Refusal | undefined
}

/** What protects the account, at a glance, and the way to change each. */
export const securityPage = (frame: Frame, of: Security): View => {
  const words = textsOf(frame.language).security
  return {
    title: words.title,
    width: "wide",
    failed: of.refusal !== undefined,
    body: html`${heading(frame, words.title, { bad: of.refusal?.summary, good: of.done === undefined ? undefined : html`${of.done}` })}
      ${hasSecondStep(of) ? html`${statePart(frame, of)}${factorPart(frame, of)}${of.codes ? codesPart(frame, of.codes) : ""}` : ""}
      ${accountPart(frame, of.user)} ${sessionPart(frame, of.sessions)}
      ${of.browsers.length > 0 ? browserPart(frame, of.browsers) : ""}
      <section class="part" aria-labelledby="activity">
        <div class="part-head">
          <h2 id="activity">${words.activity}</h2>
          ${of.activity.length > 0 ? html`<a href="${frame.base}/activity">${words.activityAll}</a>` : ""}
        </div>
        ${
          of.activity.length === 0 ? html`<p class="quiet">${words.activityNone}</p>` : activityRows(frame, of.activity)
        }
      </section>`,
  }
}

/** An installation may offer none, and then nobody is told that they lack one. */
const hasSecondStep = (of: Security): boolean => of.factors.length > 0 || of.offered.length > 0

const addButton = (frame: Frame, kind: string, label: string, look: "main" | "plain"): Html =>
  html`<form method="post" action="${frame.base}/factors">
    ${formToken(frame)}<input type="hidden" name="kind" value="${kind}" /><button
      class="button short${look === "main" ? " main" : ""}"
      data-busy="${textsOf(frame.language).working}"
    >
      ${label}
    </button>
  </form>`

const statePart = (frame: Frame, of: Security): Html => {
  const words = textsOf(frame.language).security
  const on = of.factors.length > 0
  const owed = on
    ? ""
    : of.owedNow
      ? ` ${textsOf(frame.language).refusals.enrolment_required}`
      : of.owedBy === null
        ? ""
        : html` ${say(words.owed, { issuer: frame.issuer, date: dateOf(frame.language, of.owedBy) })}`
  return html`<div class="state ${on ? "good" : "warn"}">
    <span class="badge">${icon(on ? "guarded" : "shield")}</span>
    <div>
      <p><strong>${on ? words.on : words.off}</strong></p>
      <p class="quiet">
        ${on ? words.onBody : of.offered.includes("passkey") ? words.offBodyPasskey : words.offBody}${owed}
      </p>
    </div>
    ${on ? "" : html`<div class="buttons">${firstButtons(frame, of.offered)}</div>`}
  </div>`
}

/** What somebody without a second step is offered first. An app works in every browser, so it leads. */
const firstButtons = (frame: Frame, offered: readonly string[]): Html => {
  const { addApp, addPasskey } = textsOf(frame.language).security
  const hasApp = offered.includes("totp")
  return html`${hasApp ? addButton(frame, "totp", addApp, "main") : ""}${offered.includes("passkey") ? addButton(frame, "passkey", addPasskey, hasApp ? "plain" : "main") : ""}`
}

const kindIcon = (kind: string): IconName => ({ "email-code": "mail", passkey: "key" } as const)[kind] ?? "phone"

/** A mailbox has the engine's English name unless the person gave it one; then the kind says it in their language. */
const nameOf = ({ kind, name }: PublicFactor, kindName: string): string =>
  name === "" || (kind === "email-code" && name === "Email") ? kindName : name

const factorPart = (frame: Frame, of: Security): Html => {
  const words = textsOf(frame.language).security
  const kinds: Record<string, string> = { totp: words.app, "email-code": words.mail, passkey: words.passkey }
  const row = (factor: PublicFactor): Html => {
    const kind = kinds[factor.kind] ?? ""
    const name = nameOf(factor, kind)
    const parts = [
      name === kind ? undefined : kind,
      factor.hint === undefined ? undefined : html`<span class="nowrap" translate="no">${factor.hint}</span>`,
      sayPlainly(words.added, {
        date: agoPlainly(frame.language, frame.now, factor.confirmedAt ?? factor.createdAt),
      }),
      factor.lastUsedAt === null
        ? words.neverUsed
        : sayPlainly(words.used, { date: agoPlainly(frame.language, frame.now, factor.lastUsedAt) }),
    ]
      .filter((part) => part !== undefined && part !== "")
      .map((part) => (typeof part === "string" ? html`<span class="nowrap">${part}</span>` : part))
      .map((part, index) => html`${index === 0 ? "" : html`<i> · </i>`}${part}`)
    return html`<li>
      ${icon(kindIcon(factor.kind))}
      <div>
        <p><strong>${name}</strong></p>
        <p class="hint parts">${parts}</p>
      </div>
      <a class="act" href="${frame.base}/factors/${encodeURIComponent(factor.id)}" aria-label="${words.manage}: ${name}"
        >${words.manage}</a
      >
    </li>`
  }
  const [hasApp, hasPasskey] = ["totp", "passkey"].map((name) => of.factors.some(({ kind }) => kind === name))
  // Without any, these two stand above.
  const offered = of.factors.length > 0 ? of.offered : of.offered.filter((kind) => kind === "email-code")
  return html`<section class="part" aria-labelledby="factors">
    <div class="part-head"><h2 id="factors">${words.factors}</h2></div>
    ${
      of.factors.length === 0
        ? html`<p class="quiet">${words.noFactors}</p>`
        : html`<ul class="rows">
            ${of.factors.map(row)}
          </ul>`
    }
    <div class="buttons after">
      ${offered.includes("passkey") ? addButton(frame, "passkey", hasPasskey ? words.addAnotherPasskey : words.addPasskey, "plain") : ""}${offered.includes("totp") ? addButton(frame, "totp", hasApp ? words.addAnother : words.addApp, "plain") : ""}${offered.includes("email-code") ? addButton(frame, "email-code", words.addMail, "plain") : ""}
    </div>
  </section>`
}

const lowCodes = 4

const codesPart = (frame: Frame, codes: NonNullable<Security["codes"]>): Html => {
  const words = textsOf(frame.language).security
  const unsaved = codes.createdAt !== null && !codes.acknowledged && codes.canShow
  const low = codes.createdAt !== null && codes.left <= lowCodes
  return html`<section class="part" aria-labelledby="codes">
    <div class="part-head"><h2 id="codes">${words.codes}</h2></div>
    ${
      codes.createdAt === null
        ? html`<p class="quiet">${words.codesNone}</p>`
        : html`<ul class="rows">
              <li>
                ${icon("codes")}
                <div>
                  <p><strong>${words.codesLeft(codes.left, codes.total)}</strong></p>
                  <p class="hint">${say(words.codesMade, { date: ago(frame.language, frame.now, codes.createdAt) })}</p>
                </div>
              </li>
            </ul>
            ${unsaved ? notice("warn", html`${words.codesUnsaved} <a href="${frame.base}/recovery-codes">${words.codesShow}</a>`) : low ? notice("warn", html`${words.codesLow(codes.left)}`) : ""}
            <div class="buttons after">
              <a class="button short" href="${frame.base}/recovery-codes/new">${words.codesNew}</a>
            </div>`
    }
  </section>`
}

const accountPart = (frame: Frame, user: User): Html => {
  const words = textsOf(frame.language)
  const { security, fields } = words
  const name = [user.firstName, user.lastName].filter(Boolean).join(" ")
  const row = (iconName: IconName, label: string, value: Html | string, href: string): Html =>
    html`<li>
      ${icon(iconName)}
      <div>
        <p><strong>${label}</strong></p>
        <p class="hint">${value}</p>
      </div>
      <a class="act" href="${frame.base}${href}" aria-label="${words.change}: ${label}">${words.change}</a>
    </li>`
  const password =
    user.passwordChangedAt === null
      ? security.passwordSet
      : say(security.passwordChanged, { date: ago(frame.language, frame.now, user.passwordChangedAt) })
  return html`<section class="part" aria-labelledby="account">
    <div class="part-head"><h2 id="account">${security.account}</h2></div>
    <ul class="rows">
      ${row("key", fields.password, password, "/password")}
      ${row("mail", fields.email, html`<span translate="no">${user.email ?? ""}</span>`, "/address")}
      ${row("person", words.profile.title, html`${name || security.nameNone} · ${textsOf(frame.language).name}`, "/profile")}
    </ul>
  </section>`
}
