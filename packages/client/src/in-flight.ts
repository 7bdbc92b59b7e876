export type InFlight = {
  /** Runs it, or joins the run of the same key that has not settled yet. */
  readonly share: <T>(key: string, run: () => Promise<T>) => Promise<T>
  /** Nobody joins those any more. */
  readonly forget: (prefix: string) => void
}

/** Equal calls at the same time are one call: a double click, or an effect that strict mode runs twice. */
export function createInFlight(): InFlight {
  const running = new Map<string, Promise<unknown>>()
  return {
    share<T>(key: string, run: () => Promise<T>): Promise<T> {
      const known = running.get(key)
      if (known) return known as Promise<T>
      const promise = run().finally(() => {
        if (running.get(key) === promise) running.delete(key)
      })
      running.set(key, promise)
      return promise
    },
    forget(prefix) {
      for (const key of running.keys()) if (key.startsWith(prefix)) running.delete(key)
    },
  }
}
