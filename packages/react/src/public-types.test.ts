import { expectTypeOf, test } from "vitest"
import type * as Client from "@countersign/client"
import type { useDynamicContext, useMfa as useDynamicMfa, MFADevice } from "./dynamic.ts"
import type * as clerk from "./clerk.ts"
import type { BackupCodeResource, TOTPResource, UserResource } from "./clerk.ts"
import type { reverificationError } from "./next.ts"
import type { ReverificationResult } from "./index.ts"

/** What a page may rely on while it is compiled under `strict`. Nothing here runs. */

test("a user is known without a question mark once loaded and signed in", () => {
  const narrow = (found: ReturnType<typeof clerk.useUser>): boolean => {
    if (!found.isLoaded) return expectTypeOf(found.user).toEqualTypeOf<undefined>()
    if (!found.isSignedIn) return expectTypeOf(found.user).toEqualTypeOf<null>()
    return expectTypeOf(found.user).toEqualTypeOf<UserResource>()
  }
  expectTypeOf(narrow).toBeFunction()
})

test("so are ids, sessions and sign-ins", () => {
  const auth = (found: ReturnType<typeof clerk.useAuth>): boolean => {
    if (!found.isLoaded) return expectTypeOf(found.userId).toEqualTypeOf<undefined>()
    if (!found.isSignedIn) return expectTypeOf(found.userId).toEqualTypeOf<null>()
    return expectTypeOf(found.userId).toEqualTypeOf<string>()
  }
  const signIn = (found: ReturnType<typeof clerk.useSignIn>): boolean => {
    if (!found.isLoaded) return expectTypeOf(found.signIn).toEqualTypeOf<undefined>()
    return expectTypeOf(found.signIn).toEqualTypeOf<clerk.SignInResource>()
  }
  expectTypeOf(auth).toBeFunction()
  expectTypeOf(signIn).toBeFunction()
})

test("a wrapped call loses the undefined of `user?.` and the hints, and keeps its arguments", () => {
  type Create = () => Promise<TOTPResource> | undefined
  expectTypeOf<ReverificationResult<Create>>().toEqualTypeOf<Promise<TOTPResource>>()
  type Codes = () => Promise<BackupCodeResource> | undefined
  expectTypeOf<ReverificationResult<Codes>>().toEqualTypeOf<Promise<BackupCodeResource>>()
  type Action = (id: string, count: number) => Promise<{ ok: true } | ReturnType<typeof reverificationError>>
  expectTypeOf<ReverificationResult<Action>>().toEqualTypeOf<Promise<{ ok: true }>>()
  type Wrapped = ReturnType<typeof clerk.useReverification<Action>>
  expectTypeOf<Parameters<Wrapped>>().toEqualTypeOf<[id: string, count: number]>()
})

test("callbacks that name the resource's type are taken", () => {
  type Then = (made: TOTPResource) => void
  type Taken = Parameters<ReverificationResult<() => Promise<TOTPResource> | undefined>["then"]>[0]
  expectTypeOf<Then>().toExtend<NonNullable<Taken>>()
})

test("members of the resources have the contract's types", () => {
  expectTypeOf<TOTPResource["secret"]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<TOTPResource["backupCodes"]>().toEqualTypeOf<string[] | undefined>()
  expectTypeOf<BackupCodeResource["codes"]>().toEqualTypeOf<string[]>()
  expectTypeOf<UserResource["totpEnabled"]>().toEqualTypeOf<boolean>()
  expectTypeOf<UserResource["verifyTOTP"]>().parameters.toEqualTypeOf<[{ code: string }]>()
})

test("devices and calls of the other shape have theirs", () => {
  type Mfa = ReturnType<typeof useDynamicMfa>
  expectTypeOf<Mfa["addDevice"]>().returns.resolves.toExtend<{ id: string; secret: string; uri: string }>()
  expectTypeOf<Mfa["authenticateDevice"]>().returns.resolves.toEqualTypeOf<string | undefined>()
  expectTypeOf<Mfa["authenticateDevice"]>().toBeCallableWith({ code: "123456" })
  expectTypeOf<Mfa["authenticateDevice"]>().toBeCallableWith({ code: "123456", createMfaToken: { singleUse: true } })
  expectTypeOf<Mfa["getUserDevices"]>().returns.resolves.toEqualTypeOf<MFADevice[]>()
  expectTypeOf<Mfa["getRecoveryCodes"]>().returns.resolves.toEqualTypeOf<string[]>()
  expectTypeOf<Mfa["deleteUserDevice"]>().parameters.toEqualTypeOf<
    [deviceId: string, mfaAuthToken?: string | undefined]
  >()
  type Context = ReturnType<typeof useDynamicContext>
  expectTypeOf<NonNullable<Context["userWithMissingInfo"]>["scope"]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<MFADevice["createdAt"]>().toEqualTypeOf<Date | undefined>()
})

test("expo-secure-store is a storage as it is, and web storage is none", () => {
  type SecureStore = {
    getItemAsync(key: string, options?: { keychainService?: string }): Promise<string | null>
    setItemAsync(key: string, value: string, options?: { keychainService?: string }): Promise<void>
    deleteItemAsync(key: string, options?: { keychainService?: string }): Promise<void>
  }
  expectTypeOf<SecureStore>().toExtend<Client.TokenStorage>()
  expectTypeOf<Storage>().not.toExtend<Client.TokenStorage>()
})
