import type { Context } from "../context.ts"
import type { Draw } from "./factor.ts"

/** What a kind may draw from, for one challenge or pending factor. */
export const drawFor = (ctx: Context, owner: string): Draw => ({
  random: (bytes) => ctx.random(bytes),
  now: ctx.now(),
  owner,
})
