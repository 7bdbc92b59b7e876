import { defineConfig } from "vitest/config"

const conditions = ["@countersign/source"]
const resolving = { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } }

export default defineConfig({
  ...resolving,
  test: {
    projects: [
      {
        ...resolving,
        test: {
          name: "server",
          include: ["packages/server/src/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...resolving,
        test: { name: "sdk", include: ["packages/{client,react}/src/**/*.test.{ts,tsx}"], testTimeout: 20_000 },
      },
      {
        ...resolving,
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // After the others: a browser and a server need both cores.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
