type Handler = (request: Request) => Promise<Response>

export type CountersignHandlers = {
  readonly GET: Handler
  readonly POST: Handler
  readonly PUT: Handler
  readonly PATCH: Handler
  readonly DELETE: Handler
  readonly OPTIONS: Handler
}

/** Route handlers that hand everything below a path to a Countersign in the same process. */
export function countersignHandlers(countersign: { readonly fetch: Handler }): CountersignHandlers {
  const handle: Handler = (request) => countersign.fetch(request)
  return { GET: handle, POST: handle, PUT: handle, PATCH: handle, DELETE: handle, OPTIONS: handle }
}
