import { auth, reverificationErrorResponse } from "@countersign/react/next"

/** The guard stands here, on the server: a page can only ask nicely. */
export async function POST(): Promise<Response> {
  const { isAuthenticated, has } = await auth()
  if (!isAuthenticated) return Response.json({ error: "signed_out" }, { status: 401 })
  if (!has({ reverification: "strict" })) return reverificationErrorResponse("strict")
  return Response.json({ reference: crypto.randomUUID().slice(0, 8) })
}
