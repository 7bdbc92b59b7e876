/** What the wire calls roles. Who may do what is the engine's to say; this is for telling, and for an early no. */
const administrators: ReadonlySet<string> = new Set(["administrator", "admin", "owner"])

export const isOwner = (roles: readonly string[]): boolean => roles.some((role) => role.toLowerCase() === "owner")

export const isAdministrator = (roles: readonly string[]): boolean =>
  roles.some((role) => administrators.has(role.toLowerCase()))
