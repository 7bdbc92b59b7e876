import type { Database } from "../store/database.ts"
import type { Route } from "./route.ts"

export type AddressLimitOptions = {
  readonly database: Database
  readonly now: () => number
  readonly report: (message: string, error?: unknown) => void
  readonly on: boolean
}

export type AddressLimits = {
  around<T>(limit: Route["limit"], address: string | undefined, work: () => Promise<T>): Promise<T>
}

export const addressLimits = (_options: AddressLimitOptions): AddressLimits => ({
  around: async (_limit, _address, work) => await work(),
})
