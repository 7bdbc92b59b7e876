import { CountersignProvider, useAuth, useUser } from "@countersign/react/expo"
import type { Waiting as WaitingProps } from "@countersign/react/expo"
import { Stack } from "expo-router"
import * as SecureStore from "expo-secure-store"
import { StrictMode } from "react"
import { useColorScheme } from "react-native"
import { server } from "../parts/server"
import { Theme, dark, light, useTheme } from "../parts/theme"
import { Button, Screen, Title, Words } from "../parts/ui"

export default function Layout() {
  return (
    <Theme value={useColorScheme() === "dark" ? dark : light}>
      <CountersignProvider
        url={server}
        storage={SecureStore}
        fallback={(waiting) => <Waiting {...waiting} />}
        onError={console.warn}
      >
        <Screens />
      </CountersignProvider>
    </Theme>
  )
}

/** Below the provider it is known who is signed in, so nobody is sent to sign in by mistake. */
function Screens() {
  const { paper } = useTheme()
  const { isSignedIn } = useAuth()
  // There before `isSignedIn` where a second factor is demanded that has to be set up first.
  const { user } = useUser()
  return (
    <Stack
      screenOptions={{ headerShown: false, contentStyle: { backgroundColor: paper } }}
      // Around the whole router it would lose the screen that a link leads to.
      screenLayout={({ children }) => <StrictMode>{children}</StrictMode>}
    >
      <Stack.Protected guard={isSignedIn === true}>
        <Stack.Screen name="index" options={{ title: "Wren" }} />
        <Stack.Screen name="security" options={{ title: "Two-step verification" }} />
      </Stack.Protected>
      <Stack.Protected guard={user !== null}>
        <Stack.Screen name="add-mfa" options={{ title: "Add an authenticator app" }} />
      </Stack.Protected>
      <Stack.Protected guard={user === null}>
        <Stack.Screen name="sign-in" options={{ title: "Sign in" }} />
      </Stack.Protected>
    </Stack>
  )
}

function Waiting({ error, retry }: WaitingProps) {
  if (!error) return null
  return (
    <Screen>
      <Title>Wren</Title>
      <Words>There is no connection.</Words>
      <Button kind="main" title="Try again" onPress={retry} />
    </Screen>
  )
}
