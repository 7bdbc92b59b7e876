import { auth } from "@countersign/react/next"
import type { Metadata } from "next"
import { redirect } from "next/navigation"
import { SignInForm } from "./sign-in-form"

export const metadata: Metadata = { title: "Sign in" }

/** Only places within this app: what stands in a link may have been written by anybody. */
function inThisApp(path: string | string[] | undefined): string {
  const app = "http://app"
  const url = typeof path === "string" && URL.canParse(path, app) ? new URL(path, app) : undefined
  return url?.origin === app ? url.pathname + url.search : "/"
}

type Props = { searchParams: Promise<{ return_to?: string | string[] }> }

export default async function SignInPage({ searchParams }: Props) {
  const returnTo = inThisApp((await searchParams).return_to)
  if ((await auth()).isAuthenticated) redirect(returnTo)
  return <SignInForm returnTo={returnTo} />
}
