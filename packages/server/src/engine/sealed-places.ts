/** Every place where sealed text is kept. A new place also needs a line in `resealing.ts`. */

/** Where sealed text stands. It is bound to its place and does not open elsewhere. */
export type Bound = { readonly table: string; readonly row: string; readonly user: string | null }

export const bounds = {
  factor: (factorId: string, userId: string): Bound => ({ table: "factors", row: factorId, user: userId }),
  held: (ownerId: string, kind: string): Bound => ({ table: "held", row: `${ownerId}/${kind}`, user: null }),
  recoveryCopy: (setId: string, userId: string): Bound => ({ table: "recovery_code_sets", row: setId, user: userId }),
  outbox: (mailId: string): Bound => ({ table: "outbox", row: mailId, user: null }),
  setting: (name: string): Bound => ({ table: "settings", row: name, user: null }),
}
