import { useDynamicContext, useIsLoggedIn } from "@countersign/react/dynamic"
import { useSyncExternalStore } from "react"
import { Domains } from "./domains.tsx"
import { SignIn } from "./sign-in.tsx"
import { TotpMfaView } from "./totp-mfa-view.tsx"
import { useAction } from "./use-action.ts"

export function App() {
  const { sdkHasLoaded, userWithMissingInfo } = useDynamicContext()
  const isLoggedIn = useIsLoggedIn()
  const place = useHash()
  // Not known yet is not signed out.
  if (!sdkHasLoaded) return null

  return (
    <>
      <Header />
      <main>
        {!userWithMissingInfo ? (
          <SignIn />
        ) : isLoggedIn && place !== "#security" ? (
          <Domains />
        ) : (
          // Also shown while something is owed before the app may go on.
          <TotpMfaView />
        )}
      </main>
    </>
  )
}

function Header() {
  const { userWithMissingInfo, handleLogOut } = useDynamicContext()
  const isLoggedIn = useIsLoggedIn()
  const { run } = useAction()
  return (
    <header>
      <a href="#" className="brand">
        Larch Domains
      </a>
      {isLoggedIn && <a href="#security">Security</a>}
      {userWithMissingInfo && (
        <button type="button" className="link" onClick={() => run(handleLogOut)}>
          Sign out
        </button>
      )}
    </header>
  )
}

const subscribe = (listener: () => void) => {
  addEventListener("hashchange", listener)
  return () => removeEventListener("hashchange", listener)
}
const useHash = () => useSyncExternalStore(subscribe, () => location.hash)
