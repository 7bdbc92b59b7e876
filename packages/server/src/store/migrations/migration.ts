/** One step of the schema. Statements run in order in one transaction; each has to be valid on both databases. */
export type Migration = { readonly id: string; readonly statements: readonly string[] }
