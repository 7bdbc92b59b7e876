import { useAuth, useReverification, useUser } from "@countersign/react/expo"
import { router } from "expo-router"
import { useState } from "react"
import { server } from "../parts/server"
import { Button, Problem, Row, Screen, Title, Words } from "../parts/ui"
import { useAction } from "../parts/use-action"

export default function HomeScreen() {
  const { user } = useUser()
  const { signOut } = useAuth()
  const { run } = useAction()
  return (
    <Screen>
      <Title>Home</Title>
      <FrontDoor />
      <Row title="Two-step verification" says={<Words>{user?.twoFactorEnabled ? "On" : "Off"}</Words>}>
        <Button title="Manage" onPress={() => router.push("/security")} />
      </Row>
      <Row title="Account" says={<Words>{user?.primaryEmailAddress?.emailAddress}</Words>}>
        <Button title="Sign out" onPress={() => run(signOut)} />
      </Row>
    </Screen>
  )
}

function FrontDoor() {
  const { getToken } = useAuth()
  const { busy, error, run } = useAction()
  const [isOpen, setIsOpen] = useState(false)

  const unlock = useReverification(async (): Promise<{ isOpen: boolean }> => {
    const headers = { authorization: `Bearer ${await getToken()}` }
    const response = await fetch(`${server}/api/unlock`, { method: "POST", headers })
    // 403 holds what useReverification reads: it asks for a fresh code and calls this function once more.
    if (!response.ok && response.status !== 403) throw new Error(`unlock: ${response.status}`)
    return response.json()
  })

  return (
    <Row
      title="Front door"
      says={<Words tone={isOpen ? "green" : "quiet"}>{isOpen ? "Open" : "Locked. A fresh code opens it."}</Words>}
    >
      <Problem>{error}</Problem>
      {!isOpen && (
        <Button
          kind="main"
          title={busy ? "Opening …" : "Unlock"}

          onPress={() => run(async () => setIsOpen((await unlock()).isOpen))}
        />
      )}
    </Row>
  )
}
