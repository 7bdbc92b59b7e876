import { afterAll } from "vitest"
import { databaseContract } from "./contract.ts"
import { storesForTests } from "./stores-for-tests.ts"

const { stores, stop } = await storesForTests()
afterAll(stop)

for (const { name, open } of stores) databaseContract(name, open)
