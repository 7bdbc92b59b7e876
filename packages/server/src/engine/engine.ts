/**
 * The engine's public door: every operation that a dialect, a page or the command line may ask for, by group.
 * Doors hold no rule of security; they choose among these and shape the answers.
 */
import type { Level } from "./errors.ts"
import type { LinkFor, Source } from "./context.ts"
import type { PublicFactor, Shown } from "./factors/factor.ts"
import type { UserImport } from "./operators/transfer.ts"
import type { AddedRule } from "./policy/added-rule.ts"
import type { Settings } from "./settings.ts"

export type { LinkFor, Source } from "./context.ts"
export type { PublicFactor, Shown } from "./factors/factor.ts"
export type { ImportVerdict, IncomingAuthenticator, IncomingUser, UserImport } from "./operators/transfer.ts"
export type { AddedRule } from "./policy/added-rule.ts"
export type { Settings } from "./settings.ts"

export type User = {
  readonly id: string
  readonly email: string | null
  readonly emailConfirmed: boolean
  /** The app's own id, where an app keeps its own users. */
  readonly externalId: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly roles: readonly string[]
  readonly locale: string | null
  readonly hasPassword: boolean
  readonly disabled: boolean
  /** Raised by every change of factors, codes, roles or addresses. */
  readonly revision: number
  readonly createdAt: number
  readonly passwordChangedAt: number | null
  readonly defaultFactorId: string | null
}

/** One proof inside a session: `method` as RFC 8176 names it, the kind that gave it, and when. */
export type Method = { readonly method: string; readonly kind: string; readonly at: number }

export type Session = {
  readonly id: string
  readonly userId: string
  /** The door that it was born at. */
  readonly door: string
  readonly methods: readonly Method[]
  readonly aal: 1 | 2
  readonly persistent: boolean
  /** The second factor was not asked because this device was remembered. */
  readonly deviceRemembered: boolean
  readonly createdAt: number
  readonly authenticatedAt: number
  readonly firstFactorAt: number | null
  readonly secondFactorAt: number | null
  readonly lastUsedAt: number
  readonly expiresAt: number
  readonly agent: string | null
  readonly address: string | null
}

export type ApiKey = {
  readonly id: string
  readonly name: string
  readonly postfix: string
  readonly userId: string | null
  readonly service: string | null
  /** Empty for a user key: all that its user may. */
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
}

/** Who acts. A service or an operator names the user that an operation is about. */
export type Actor =
  | { readonly type: "session"; readonly user: User; readonly session: Session }
  | { readonly type: "user-key"; readonly user: User; readonly key: ApiKey }
  | { readonly type: "service"; readonly key: ApiKey }
  | { readonly type: "operator"; readonly name: string }

/**
 * An actor and, for a service or an operator, the user that it acts for. `mfaToken`: one that the acting session made for
 * no action. What asks for a fresh proof takes it for the second factor and spends it; a wrong one is `mfa_token_invalid`.
 * `requestKey`: the request's own name. Where new codes or a new factor are asked for with it again within a minute, the
 * same ones come back, or `conflict` once they are gone.
 */
export type On = {
  readonly actor: Actor
  readonly userId?: string | undefined
  readonly source: Source
  readonly mfaToken?: string | undefined
  readonly requestKey?: string | undefined
}

export type ChallengeView = {
  readonly id: string
  readonly purpose: "sign_in" | "enrol" | "step_up"
  readonly door: string
  readonly userId: string
  /** What still can settle it, best first; for `enrol` the kinds that may be enrolled. */
  readonly kinds: readonly { kind: string; factors: readonly PublicFactor[]; sentAt?: number }[]
  readonly level: Level | null
  readonly attemptsLeft: number
  readonly expiresAt: number
  readonly returnTo: string | null
  /** `enrol` only: until when it can be put off; null: not at all. */
  readonly postponableUntil: number | null
}

export type SignIn =
  | {
      readonly status: "complete"
      readonly user: User
      readonly session: Session
      readonly token: string
      readonly deviceToken?: string
      readonly recoveryCodesLeft?: number
    }
  | { readonly status: "second_factor"; readonly user: User; readonly challenge: ChallengeView; readonly token: string }
  | { readonly status: "enrolment"; readonly user: User; readonly challenge: ChallengeView; readonly token: string }

export type Begun = { readonly factor: PublicFactor; readonly show: Shown; readonly expiresAt: number | null }

export type Confirmed = {
  readonly factor: PublicFactor
  /** The first factor brings recovery codes with it. Bare form, each shown this once. */
  readonly recoveryCodes?: readonly string[]
  /** Confirming a demanded enrolment settles the challenge. */
  readonly signIn?: SignIn
  /** Where the acting session was given a new token. */
  readonly token?: string
}

export type Activity = {
  readonly id: string
  readonly at: number
  readonly userId: string | null
  readonly event: string
  readonly outcome: string
  readonly door: string | null
  readonly address: string | null
  readonly agent: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

/** How a door's signed tokens are made and checked: HS256 with its own secret (32 bytes or more), else with a key pair of ours. */
export type JwtSigning = {
  readonly issuer: string
  readonly audience: string
  readonly secret?: Uint8Array | undefined
  readonly algorithm?: "ES256" | "EdDSA" | undefined
}

export type Page<T> = { readonly items: readonly T[]; readonly next: string | null }

export type Engine = {
  readonly settings: Settings

  readonly users: {
    /** A taken address is answered like a new one; its owner gets a mail. `created` is for doors that sign in at once or whose wire tells. */
    signUp(
      input: {
        email: string
        password: string
        firstName?: string | undefined
        lastName?: string | undefined
        locale?: string | undefined
        linkFor?: LinkFor | undefined
        tellTaken?: boolean
      },
      source: Source,
    ): Promise<{ created: User | null }>
    /** For operators and service keys (`users:write`). Without a password for an app that has its own sign-in. */
    create(
      by: { actor: Actor; source: Source },
      input: {
        email?: string | undefined
        externalId?: string | undefined
        password?: string | undefined
        emailConfirmed?: boolean | undefined
        roles?: readonly string[] | undefined
        firstName?: string | undefined
        lastName?: string | undefined
        locale?: string | undefined
      },
    ): Promise<User>
    find(by: { id: string } | { email: string } | { externalId: string }): Promise<User | undefined>
    list(
      by: Actor,
      page: { after?: string | undefined; limit: number; search?: string | undefined },
    ): Promise<Page<User>>
    update(
      on: On,
      change: {
        firstName?: string | null | undefined
        lastName?: string | null | undefined
        locale?: string | null | undefined
        roles?: readonly string[] | undefined
        externalId?: string | null | undefined
        /** Ends all sessions at once. */
        disabled?: boolean | undefined
      },
    ): Promise<User>
    setDisabled(on: On, disabled: boolean): Promise<User>
    remove(on: On): Promise<void>
    /** Always settles alike; mails only an unconfirmed account, or any where a wire promises that (`evenConfirmed`). */
    requestConfirmation(
      input: { email: string; linkFor?: LinkFor | undefined; evenConfirmed?: boolean | undefined },
      source: Source,
    ): Promise<void>
    /** `email`: what the door's wire sends along, compared where given. `purpose`: only a link of that kind. */
    confirmAddress(
      input: {
        token: string
        email?: string | undefined
        userId?: string | undefined
        purpose?: "confirm" | "address" | undefined
      },
      source: Source,
    ): Promise<User>
    /** Needs a fresh proof, or the `current` password. Mails the new address a link and tells the old one. */
    requestAddressChange(
      on: On,
      input: { email: string; linkFor?: LinkFor | undefined; current?: string | undefined },
    ): Promise<void>
    /** Ends everything that carries the old stamp but the acting session. */
    changePassword(on: On, input: { current?: string | undefined; password: string }): Promise<{ token?: string }>
    /** Settles alike for everybody. `confirmedOnly`: no mail to an unconfirmed address, even where none needs confirming. */
    requestReset(
      input: { email: string; linkFor?: LinkFor | undefined; confirmedOnly?: boolean | undefined },
      source: Source,
    ): Promise<void>
    /** Never signs in, never touches a factor. `keepLock`: where a wire promises that a lock outlasts it. */
    resetPassword(
      input: { token: string; password: string; email?: string | undefined; keepLock?: boolean | undefined },
      source: Source,
    ): Promise<User>
    /** Codes of what a password would be refused for; empty when it may be used. */
    judgePassword(password: string, about: { email?: string | null; user?: User | undefined }): string[]
  }

  readonly signIn: {
    /**
     * `lockedLink`: the page that a mail about a lock leads to; left out unless it is on an allowed origin.
     * `answerFollows`: the wire brings the answer of the second step along, so nothing is let off (no remembered
     * device, no trusted address), and `kind_not_offered` is thrown where there is no second step.
     */
    withPassword(
      input: {
        email: string
        password: string
        persistent?: boolean | undefined
        deviceToken?: string | undefined
        returnTo?: string | undefined
        lockedLink?: string | undefined
        answerFollows?: boolean | undefined
      },
      source: Source,
    ): Promise<SignIn>
    /**
     * A challenge to enrol for somebody who is signed in and has no factor yet, for a page or a program that holds
     * nothing else. Asks the same proof as `factors.begin`; settling it signs in anew.
     */
    openEnrolment(on: On): Promise<Extract<SignIn, { status: "enrolment" }>>
    /** For an app that has its own sign-in: a service key (`challenges:write`) opens one after its own first step. */
    openFor(on: On, input: { returnTo?: string | undefined }): Promise<SignIn>
    /** Throws `challenge_spent`. */
    challenge(token: string): Promise<ChallengeView>
    /**
     * The user's newest challenge to sign in or to enrol at that door, while it is open, where the wire has no challenge
     * id. One that is spent brings no older one back. Undefined also for unknown users.
     */
    openChallengeOf(email: string, door: string): Promise<{ id: string; purpose: "sign_in" | "enrol" } | undefined>
    /** Starts a kind that has to send or show something (a mailed code, a passkey's options). Again: sends anew; failures stay. */
    start(
      challenge: ChallengeRef,
      kind: string,
      source: Source,
    ): Promise<{ show?: Shown; hint?: string; resendAfter?: number }>
    /** Takes an attempt, asks the kind, settles: a session for `sign_in`, a fresh session for `step_up`. */
    answer(
      input: {
        challenge: ChallengeRef
        kind: string
        /** Only this one is tried. */
        factorId?: string | undefined
        answer: unknown
        rememberDevice?: boolean | undefined
        /** In place of what was asked for with the first step. */
        persistent?: boolean | undefined
      },
      source: Source,
    ): Promise<SignIn>
    /** Puts a demanded enrolment off, while policy lets it. */
    postpone(challenge: ChallengeRef, source: Source): Promise<SignIn>
    abandon(challenge: ChallengeRef): Promise<void>
  }

  readonly factors: {
    /** `oneForUser`: one pending key for the user, shown again by `reveal` until used. A challenge to enrol stands in for an actor. */
    begin(
      on: On | { challenge: ChallengeRef; source: Source },
      input: { kind: string; name?: string | undefined; input?: unknown; oneForUser?: boolean },
    ): Promise<Begun>
    /** The holder's newest pending key again (a session's, a challenge's to enrol), or the user's one pending or kept. Undefined when there is none. */
    reveal(on: On | { challenge: ChallengeRef; source: Source }, input: { kind: string }): Promise<Begun | undefined>
    /** Tried against all pending factors of the holder, or the one named. */
    confirm(
      on: On | { challenge: ChallengeRef; source: Source },
      input: {
        kind: string
        factorId?: string | undefined
        answer: unknown
        name?: string | undefined
        rememberDevice?: boolean | undefined
        /** How long recovery codes that come with it can be read again by their holder; at most, and usually, a day. */
        copySeconds?: number | undefined
      },
    ): Promise<Confirmed>
    /**
     * Holds a code against what is on and uses it up; nobody is trusted more for it. For a wire that only asks whether a
     * code is right. Throws `code_incorrect`, `code_already_used`, `too_many_attempts`.
     */
    check(on: On, input: { kind: string; answer: unknown }): Promise<void>
    /** Confirmed ones. `pending`: after them also those that wait to be confirmed by who asks, newest first. */
    list(on: On, input?: { pending?: boolean | undefined }): Promise<PublicFactor[]>
    /** Kinds that this user could enrol now. */
    offered(on: On): Promise<string[]>
    /** A name, the default, or both in one commit. */
    update(
      on: On,
      input: { factorId: string; name?: string | undefined; default?: true | undefined },
    ): Promise<PublicFactor>
    rename(on: On, input: { factorId: string; name: string }): Promise<PublicFactor>
    remove(on: On, input: { factorId: string }): Promise<{ token?: string }>
    setDefault(on: On, input: { factorId: string }): Promise<void>
    /** A flag beside the key, for wires that have one: key and codes stay. Said again, it ends the older state's sessions again. */
    turn(on: On, input: { kind: string; state: "on" | "off" }): Promise<{ token?: string }>
    /** Drops all (of one kind), also what waits to be confirmed; `keepCodes` where the wire keeps them. */
    reset(on: On, input: { kind?: string | undefined; keepCodes?: boolean | undefined }): Promise<{ token?: string }>
    /** For the command line and tests: a confirmed factor at once. Operators only. */
    add(on: On, input: { kind: string; name?: string | undefined; secret?: Uint8Array | undefined }): Promise<Begun>
  }

  readonly recoveryCodes: {
    /** New codes; the old ones die. Bare form. `copySeconds`: as in `factors.confirm`. */
    replace(
      on: On,
      input?: { count?: number | undefined; copySeconds?: number | undefined },
    ): Promise<{ codes: readonly string[] }>
    status(on: On): Promise<{
      left: number
      total: number
      createdAt: number | null
      acknowledged: boolean
      used: readonly boolean[]
    }>
    /** The sealed copy, for the session or key that made it, until acknowledged. Undefined when it is gone. */
    reveal(on: On): Promise<{ codes: readonly { code: string; used: boolean }[] } | undefined>
    acknowledge(on: On): Promise<void>
  }

  readonly rememberedDevices: {
    /** `token`: the asking device's own, so that it is marked as `current`. */
    list(
      on: On,
      input?: { token?: string | undefined },
    ): Promise<
      {
        id: string
        agent: string | null
        address: string | null
        createdAt: number
        lastUsedAt: number
        expiresAt: number
        current: boolean
      }[]
    >
    /** By its token: no matter whether it is there. */
    forget(on: On, input: { id: string } | { token: string }): Promise<void>
    forgetAll(on: On): Promise<void>
    isRemembered(userId: string, token: string | undefined): Promise<boolean>
  }

  readonly sessions: {
    /** The actor behind a session token or an API key; undefined when it is neither or has ended. Touches last use. */
    authenticate(token: string, source: Source): Promise<Actor | undefined>
    list(on: On): Promise<(Session & { current: boolean })[]>
    end(on: On, input: { id: string }): Promise<void>
    endOthers(on: On): Promise<number>
    /** Signs the acting session out. */
    signOut(token: string, source: Source): Promise<void>
    /** A pair of opaque tokens for a door that speaks access and refresh; seconds of life each. */
    issuePair(
      sessionId: string,
      life: { accessSeconds: number; refreshSeconds: number },
    ): Promise<{ accessToken: string; refreshToken: string; expiresIn: number }>
    /** Rotates: the old refresh token dies; used twice ends the session. Undefined when it is not good. */
    refresh(
      refreshToken: string,
      life: { accessSeconds: number; refreshSeconds: number },
      source: Source,
    ): Promise<{ accessToken: string; refreshToken: string; expiresIn: number } | undefined>
    /** A signed token of a session (RFC 7519) with a door's own claims beside ours. `seconds` of life, never longer than the session's. */
    issueJwt(
      sessionId: string,
      signing: JwtSigning & { seconds: number; claims?: Readonly<Record<string, unknown>> | undefined },
    ): Promise<{ token: string; expiresIn: number }>
    /** The actor behind a signed token of ours, while its session lives; else undefined. */
    authenticateJwt(token: string, signing: JwtSigning, source: Source): Promise<Actor | undefined>
    /**
     * A signed token of the acting session for an app's own back end, which checks it with `jwks`: good for a minute, and
     * at no door of this server. @throws CountersignError `enrolment_required` while the session may not pass for its app.
     */
    issueSessionToken(actor: Actor, input: { audience: string }): Promise<{ token: string; expiresAt: number }>
    /** The public keys (RFC 7517) that signed tokens are checked with. */
    jwks(): Promise<{ keys: readonly Readonly<Record<string, unknown>>[] }>
    find(id: string): Promise<Session | undefined>
    /**
     * Tells, for sessions of that user, the whole minutes since the first and the second factor were proved in them. -1:
     * the user has no second factor; 99999: there is one that the session has not proved.
     */
    factorAges(userId: string): Promise<(session: Session) => readonly [first: number, second: number]>
    /** Asks policy whether this session may pass for its app: false while a demanded enrolment is owed. */
    tasks(actor: Actor): Promise<readonly "enrol_second_factor"[]>
  }

  readonly apiKeys: {
    /** The key is shown this once. */
    create(
      on: On,
      input: {
        name: string
        service?: string | undefined
        scopes?: readonly string[] | undefined
        expiresAt?: number | undefined
      },
    ): Promise<{ key: string; record: ApiKey }>
    list(on: On | { actor: Actor; source: Source; all: true }): Promise<ApiKey[]>
    /** A user's own key: another name, other scopes. The same proof as for a new key. */
    update(
      on: On,
      input: { id: string; name?: string | undefined; scopes?: readonly string[] | undefined },
    ): Promise<ApiKey>
    revoke(on: On, input: { id: string }): Promise<void>
  }

  readonly stepUp: {
    /** Passes, or throws `session_reverification_required`. Never passes a remembered device or a key for a second factor. */
    require(actor: Actor, demand: { level: Level; maxAgeSeconds?: number | undefined }): Promise<void>
    /** Opens a challenge that makes the acting session fresh when it is answered. */
    open(on: On, demand: { level: Level }): Promise<{ challenge: ChallengeView; token: string }>
  }

  readonly mfaTokens: {
    /**
     * Needs a fresh second factor, or proves one with `proof` on the way, which makes the session fresh (`sessionToken`:
     * its new token). `action`: one of the settings', whose level, life and number of uses then hold; none other.
     */
    mint(
      on: On,
      input: {
        action?: string | undefined
        singleUse?: boolean | undefined
        proof?: { kind: string; factorId?: string | undefined; answer: unknown } | undefined
      },
    ): Promise<{ token: string; expiresAt: number; singleUse: boolean; action: string | null; sessionToken?: string }>
    /** Server to server (`mfa-tokens:spend`). Throws `mfa_token_invalid`. */
    spend(
      on: On,
      input: { token: string; action?: string | undefined; userId?: string | undefined },
    ): Promise<{
      userId: string
      sessionId: string | null
      action: string | null
      methods: readonly string[]
      mintedAt: number
    }>
  }

  readonly activity: {
    ofUser(on: On, page: { after?: string | undefined; limit: number }): Promise<Page<Activity>>
    all(by: Actor, page: { after?: string | undefined; limit: number }): Promise<Page<Activity>>
  }

  readonly policy: {
    /** What a client may know before it asks: kinds offered, whether a second factor is demanded, actions and their levels. */
    read(actor?: Actor): Promise<{
      secondFactor: "off" | "optional" | "required"
      factors: readonly string[]
      recoveryCodes: boolean
      rememberedDevices: boolean
      stepUpSeconds: number
      maximumDevices: number
      minimumPasswordLength: number
      actions: Settings["actions"]
      enrolmentOwed: boolean
      postponableUntil: number | null
    }>
    /** What administrators demand beyond the configuration; undefined: nothing. */
    addedRule(): Promise<AddedRule | undefined>
    /**
     * Demands a second factor of everybody at every door from now on, or no more (null). Sign-ins at the asking door from
     * an exempt address are left alone. Never less than the configuration demands. Other sessions of one factor end.
     * Administrators only.
     */
    setAddedRule(
      by: { actor: Actor; source: Source },
      rule: {
        exemptAddresses?: readonly string[]
        mandatoryUsers?: readonly string[]
        mandatoryGroups?: readonly string[]
      } | null,
    ): Promise<void>
  }

  /** What operators change while the server runs (a door's portal-wide policy). */
  readonly operators: {
    setting(name: string): Promise<string | undefined>
    setSetting(by: { actor: Actor; source: Source }, name: string, value: string | null): Promise<void>
    /** Another user's factors, all or of one kind; owners only. Gives how many there were. */
    resetFactors(
      by: { actor: Actor; source: Source },
      input: { userId: string; kind?: string | undefined },
    ): Promise<number>
    /** Lets nothing expired pile up: sessions, challenges, links, pending factors, windows, sent mails. */
    sweep(): Promise<number>
    /**
     * Begins to take users over from elsewhere, with hashes, keys and codes as they are. Done again it changes nothing,
     * and nobody who was used here since. Operators only; no mails.
     */
    importUsers(by: { actor: Actor; source: Source }, from: string, options?: { dryRun?: boolean }): UserImport
  }
}

/** By its token (a cookie, a bearer), or by its id where the wire has no room for one and the door found it by user. */
export type ChallengeRef = { readonly token: string } | { readonly id: string }
