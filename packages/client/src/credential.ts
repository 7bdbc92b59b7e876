/**
 * Where a bearer client keeps its session between two starts. The methods are those of `expo-secure-store`, which can
 * be given as it is. Anything else has to be just as safe: the phone's key store, a file of mode 0600, never web storage.
 */
export type TokenStorage = {
  getItemAsync(key: string): Promise<string | null>
  setItemAsync(key: string, value: string): Promise<void>
  deleteItemAsync(key: string): Promise<void>
}

type Tokens = { session?: string | undefined; challenge?: string | undefined; device?: string | undefined }

export type Credential = {
  /** Settles once the storage has been read. */
  tokens(): Promise<Tokens>
  /** Changes some of them; `undefined` takes one away. Settles when they are stored. */
  keep(change: Tokens): Promise<void>
}

/** Holds a bearer client's tokens in memory and, in order, in the storage. A storage that fails is reported, not fatal. */
export function createCredential(
  storage: TokenStorage | undefined,
  key: string,
  report: (error: unknown) => void,
): Credential {
  let held: Tokens = {}
  let reading: Promise<void> | undefined
  let ready = !storage
  let writing = Promise.resolve()

  const read = async (): Promise<void> => {
    try {
      held = JSON.parse((await storage?.getItemAsync(key)) ?? "{}") as Tokens
    } catch (error) {
      report(error)
    }
    ready = true
  }
  const write = async (): Promise<void> => {
    try {
      const text = JSON.stringify(held)
      await (text === "{}" ? storage?.deleteItemAsync(key) : storage?.setItemAsync(key, text))
    } catch (error) {
      report(error)
    }
  }
  return {
    async tokens() {
      if (!ready) await (reading ??= read())
      return held
    },
    async keep(change) {
      if (!ready) await (reading ??= read())
      held = { ...held, ...change }
      await (writing = writing.then(write))
    },
  }
}
