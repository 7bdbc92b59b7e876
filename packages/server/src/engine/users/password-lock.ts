import { any, sql, type Write } from "../../store/database.ts"
import type { Context } from "../context.ts"
import { clearTally } from "../sign-in/lockout.ts"
import type { StoredUser } from "./records.ts"

/** The failures of a user's password are forgotten, at sign-in and when signed in: the mailbox has vouched. */
export const clearPasswordLock = (ctx: Context, user: Pick<StoredUser, "id" | "emailKey">): Write[] => [
  ...ctx.vault
    .hashCandidates(user.emailKey ?? user.id, "identifier")
    .map((subject) => clearTally({ subject, class: "password" })),
  any(sql`delete from failures where subject = ${user.id} and class = 'password'`),
]
