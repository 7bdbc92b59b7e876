import { signingKeyBytes } from "../config/keys.ts"
import type { Config } from "../config/read.ts"
import type { AccountsSettings, IdentitySettings } from "../dialects/dialect.ts"
import { openDoor } from "../dialects/dialect.ts"
import { dialects } from "../dialects/dialects.ts"
import { docsDoor } from "../dialects/native/docs/docs.ts"
import type { Engine } from "../engine/engine.ts"
import { createApp } from "../http/app.ts"
import type { App } from "../http/app.ts"
import { healthDoor } from "../http/health.ts"
import { jwksDoor } from "../http/jwks.ts"
import type { Door } from "../http/route.ts"
import type { Mailbox } from "../messages/mailbox.ts"
import { accountDoors } from "../pages/account/pages.ts"
import type { Database } from "../store/database.ts"

export type Doorkeeping = {
  readonly engine: Engine
  readonly database: Database
  readonly now: () => number
  readonly report: (message: string, error?: unknown) => void
  readonly mailbox: Mailbox | undefined
  readonly isStopping: () => boolean
}

/** All doors that the configuration opens, behind one function of a request. */
export const openDoors = (config: Config, keeping: Doorkeeping): App => {
  const { engine, database, now, report } = keeping
  const health = healthDoor({ database, isStopping: keeping.isStopping })
  const { publicUrl, allowedOrigins } = engine.settings
  const spoken = dialects
    .filter(({ name }) => config.doors.some((door) => door === name))
    .map((dialect) =>
      openDoor(dialect, engine, {
        publicUrl,
        allowedOrigins,
        now,
        accounts: accountsOf(config),
        identity: identityOf(config),
      }),
    )
  const doors: Door[] = [...spoken, health, jwksDoor(engine)]
  if (config.doors.includes("native")) doors.push(docsDoor({ publicUrl }))
  if (config.doors.includes("account"))
    doors.push(...accountDoors(engine, { now, mailbox: keeping.mailbox !== undefined }))
  if (keeping.mailbox)
    doors.push({
      name: "mailbox",
      prefix: "",
      cookies: false,
      routes: keeping.mailbox.routes,
      renderError: health.renderError,
    })

  return createApp({
    engine,
    database,
    now,
    report,
    doors,
    cookieSameSite: config.cookieSameSite,
    trustedProxies: config.trustedProxies,
    addressLimits: config.addressLimits,
    addressFigures: {
      failedSignIns: { limit: config.addressSignIns, windowSeconds: config.addressSignInsSeconds },
      mails: { limit: config.addressMails, windowSeconds: config.addressMailsSeconds },
    },
  })
}

const accountsOf = (config: Config): AccountsSettings => ({
  jwt: {
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
    seconds: config.jwtSeconds,
    ...(config.jwtKey !== undefined && { secret: signingKeyBytes(config.jwtKey) }),
  },
  mailedCodeByDefault: config.emailCodeDefault,
  takenAddress: config.takenAddress,
})

const identityOf = (config: Config): IdentitySettings => ({
  accessSeconds: config.identityAccessSeconds,
  refreshSeconds: config.identityRefreshSeconds,
  takenAddress: config.takenAddress,
  liveKey: config.identityLiveKey,
  confirmLink: config.identityConfirmLink,
})
