import { accountsJwt } from "./accounts-jwt/accounts-jwt.ts"
import { aspnetIdentity } from "./aspnet-identity/aspnet-identity.ts"
import type { Dialect } from "./dialect.ts"
import { docspace } from "./docspace/docspace.ts"
import { native } from "./native/native.ts"

/** Every dialect that this server speaks. `DOORS` chooses among them by name. */
export const dialects: readonly Dialect[] = [native, aspnetIdentity, accountsJwt, docspace]
