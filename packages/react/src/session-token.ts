import { sessionTokenOf } from "@countersign/client"
import type { CoreClient } from "@countersign/client"

const known = new WeakMap<CoreClient, () => Promise<string | null>>()

/** The one keeper of short tokens for a client. */
export function getTokenOf(client: CoreClient): () => Promise<string | null> {
  const found = known.get(client) ?? sessionTokenOf(client)
  known.set(client, found)
  return found
}
