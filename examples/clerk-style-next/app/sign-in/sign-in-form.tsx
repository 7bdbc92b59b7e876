"use client"

import { useSignIn } from "@countersign/react/clerk"
import { useRouter } from "next/navigation"
import { CodeStep } from "./code-step"
import { PasswordStep } from "./password-step"
import { useAction } from "../../components/use-action"

export function SignInForm({ returnTo }: { returnTo: string }) {
  const { isLoaded, signIn, setActive } = useSignIn()
  const router = useRouter()
  const action = useAction()
  if (!isLoaded) return null

  const finish = async () => {
    if (signIn.status !== "complete") return
    await setActive({
      session: signIn.createdSessionId,
      // Where a second factor is demanded and there is none yet, it is set up before anything else.
      navigate: ({ session }) => router.push(session?.currentTask ? "/account/manage-mfa/add" : returnTo),
    })
  }

  // A page that is loaded anew finds the second step where it was.
  if (signIn.status === "needs_second_factor")
    return (
      <CodeStep
        {...action}
        onCode={async (strategy, code) => {
          await signIn.attemptSecondFactor({ strategy, code })
          await finish()
        }}
        onLeave={signIn.reset}
      />
    )
  return (
    <PasswordStep
      {...action}
      onPassword={async (identifier, password) => {
        await signIn.create({ identifier, password })
        await finish()
      }}
    />
  )
}
