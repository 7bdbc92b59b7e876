import { createContext, useContext, useEffect } from "react"
import type { Context, MouseEvent, ReactElement, ReactNode } from "react"
import { useProvided } from "./context.ts"
import type { AuthorizationParams } from "./authorization.ts"
import { useAuth, useSessionView } from "./use-session.ts"

type Children = { children?: ReactNode }

/** Shows its children while somebody is signed in and has nothing to do first. */
export function SignedIn({ children }: Children): ReactElement | null {
  return useAuth().isSignedIn === true ? <>{children}</> : null
}

/** Shows its children while it is known that nobody is signed in. */
export function SignedOut({ children }: Children): ReactElement | null {
  return useAuth().isSignedIn === false ? <>{children}</> : null
}

/** Shows its children once it is known who is signed in. */
export function Loaded({ children }: Children): ReactElement | null {
  return useSessionView("Loaded").loaded ? <>{children}</> : null
}

/** Shows its children until it is known who is signed in. */
export function Loading({ children }: Children): ReactElement | null {
  return useSessionView("Loading").loaded ? null : <>{children}</>
}

export type ProtectProps = Children & {
  /** Shown to everybody else. */
  fallback?: ReactNode
  /** Beside being signed in: a role, a fresh proof, or any judgement. Looks only; the server decides what may be done. */
  condition?: ((has: (asked: AuthorizationParams) => boolean) => boolean) | undefined
  role?: string | undefined
}

/** Shows its children to who is signed in and meets the condition. */
export function Protect({ children, fallback = null, condition, role }: ProtectProps): ReactElement | null {
  const { isLoaded, isSignedIn, has } = useAuth()
  if (!isLoaded) return null
  const passes = isSignedIn && (role === undefined || has({ role })) && (condition?.(has) ?? true)
  return <>{passes ? children : fallback}</>
}

const pageOf = (url: string, page: string, back: string | undefined): string =>
  `${url}/account/${page}?return_to=${encodeURIComponent(back ?? location.href)}`

/** The app's own sign-in page, where it has one. */
export const SignInPage: Context<string | undefined> = createContext<string | undefined>(undefined)

/** Leads to the app's sign-in page, else to the hosted one, which leads back to here. */
export function RedirectToSignIn({ returnTo }: { returnTo?: string }): null {
  const { client } = useProvided("RedirectToSignIn")
  const own = useContext(SignInPage)
  useEffect(() => {
    location.assign(own === undefined ? pageOf(client.url, "sign-in", returnTo) : ownPage(own, returnTo))
  }, [client, own, returnTo])
  return null
}

/** With the address to go back to in `redirect_url`, as pages of that shape read it. */
const ownPage = (page: string, back: string | undefined): string => {
  const url = new URL(page, location.href)
  url.searchParams.set("redirect_url", back ?? location.href)
  return url.href
}

export type SignOutButtonProps = Children & { redirectUrl?: string | undefined; className?: string | undefined }

/** A button that signs out. */
export function SignOutButton({ children = "Sign out", redirectUrl, className }: SignOutButtonProps): ReactElement {
  const { signOut } = useAuth()
  const { onError } = useProvided("SignOutButton")
  const onClick = (event: MouseEvent): void => {
    event.preventDefault()
    signOut(redirectUrl === undefined ? {} : { redirectUrl }).catch(onError)
  }
  return (
    <button type="button" className={className} onClick={onClick}>
      {children}
    </button>
  )
}
