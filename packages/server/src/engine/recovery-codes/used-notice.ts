import type { Write } from "../../store/database.ts"
import { auditWrite } from "../audit/audit.ts"
import { noticeWrites } from "../audit/notices.ts"
import type { Context, Source } from "../context.ts"
import type { StoredUser } from "../users/records.ts"
import { countLeft } from "./records.ts"

/** The record of a code that is about to be spent, and the mail that tells its owner how many will be left. */
export async function planUsedNotice(
  ctx: Context,
  user: StoredUser,
  source: Source,
): Promise<{ writes: Write[]; left: number }> {
  const left = (await countLeft(ctx, user.id)) - 1
  const event = { userId: user.id, event: "recovery_code.used", outcome: "success", source } as const
  const notice = await noticeWrites(ctx, user, "recovery_code_used", source, { left })
  return { left, writes: [auditWrite(ctx, { ...event, detail: { left } }), ...notice] }
}
