// npm run bench: every benchmark in turn. Ratios of one run are what is worth comparing.
await import("./store.ts")
await import("./sign-in.ts")
