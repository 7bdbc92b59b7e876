export { accountOf, createCoreClient, createCountersignClient, sessionTokenOf } from "./client.ts"
export type { CoreClient, CountersignClient } from "./client.ts"
export type { CallOptions, ClientOptions } from "./core.ts"
export { CountersignClientError, isClientError } from "./client-error.ts"
export type { ErrorCode, ErrorFacts, SentenceFor } from "./client-error.ts"
export { sentenceFor, waitInWords } from "./sentences.ts"
export { germanSentenceFor } from "./german-sentences.ts"
export { createInFlight } from "./in-flight.ts"
export type { InFlight } from "./in-flight.ts"
export type { NeedsReverification, Reverification, ReverificationRequest } from "./reverification.ts"
export type { State } from "./store.ts"
export type { TokenStorage } from "./credential.ts"
export type { Fetch } from "./transport.ts"
export type { AnswerInput, SignInCalls, SignInInput } from "./sign-in.ts"
export type { ConfirmInput, FactorCalls, MintInput } from "./factors.ts"
export type { AccountCalls, SignUpInput } from "./account.ts"
export { createSessionTokenVerifier } from "./session-claims.ts"
export type { SessionClaims, VerifierOptions } from "./session-claims.ts"
export { createServiceClient } from "./service.ts"
export type { CountersignService, NewUser, ServiceOptions, SpentToken } from "./service.ts"
export type {
  Activity,
  ApiKey,
  Begun,
  Challenge,
  ChallengeKind,
  Confirmed,
  Factor,
  Kind,
  Level,
  MfaToken,
  Page,
  Policy,
  RecoveryCodesStatus,
  RememberedDevice,
  Session,
  SessionAnswer,
  Shown,
  SignIn,
  Started,
  Task,
  User,
  UserRecord,
} from "./wire.ts"
