type Handler = (request: Request) => Promise<Response>

export type CountersignHandlers = {
  readonly GET: Handler
  readonly POST: Handler
  readonly PUT: Handler
  readonly PATCH: Handler
  readonly DELETE: Handler
  readonly OPTIONS: Handler
}

/** What is used of a Countersign in the same process. */
export type Mounted = {
  readonly fetch: (request: Request, connection?: { address?: string }) => Promise<Response>
}

/**
 * Route handlers that hand everything below a path to a Countersign in the same process. `addressOf` tells where a
 * request came from, as your proxy says it: without it the limits on addresses can't work.
 */
export function countersignHandlers(
  countersign: Mounted,
  addressOf?: (request: Request) => string | undefined,
): CountersignHandlers {
  const handle: Handler = (request) => {
    const address = addressOf?.(request)
    return countersign.fetch(request, address === undefined ? {} : { address })
  }
  return { GET: handle, POST: handle, PUT: handle, PATCH: handle, DELETE: handle, OPTIONS: handle }
}
