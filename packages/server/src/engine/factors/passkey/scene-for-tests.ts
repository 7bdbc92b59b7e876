/** A person with a passkey in front of a whole engine. For tests. */
import { createPasskeyAuthenticator, type PasskeyChange } from "../../../testing/passkey-authenticator.ts"
import type { Actor, On } from "../../engine.ts"
import { type Scene, sceneForTests } from "../../sign-in/scene-for-tests.ts"
import { source } from "../../users/people-for-tests.ts"

export const origin = "http://localhost:3000"

type Authenticator = ReturnType<typeof createPasskeyAuthenticator>
type AsSession = On & { actor: Extract<Actor, { type: "session" }> }

export const authenticatorForTests = (
  about: Partial<Parameters<typeof createPasskeyAuthenticator>[0]> = {},
): Authenticator => createPasskeyAuthenticator({ origin, ...about })

/** Begins and confirms one in a session of its own choosing, and gives the session as it is then. */
export async function enrolPasskey(
  scene: Scene,
  on: On,
  authenticator: Authenticator = authenticatorForTests(),
  change: PasskeyChange = {},
): Promise<{ factorId: string; on: AsSession; authenticator: Authenticator }> {
  const begun = await scene.engine.factors.begin(on, { kind: "passkey" })
  const answer = authenticator.create(begun.show["options"], change)
  const { token } = await scene.engine.factors.confirm(on, { kind: "passkey", answer })
  return { factorId: begun.factor.id, on: await scene.as(token ?? ""), authenticator }
}

/** Signs in without a factor and enrols a passkey. */
export async function withPasskey(
  about: Parameters<typeof authenticatorForTests>[0] = {},
  options: Parameters<typeof sceneForTests>[0] = {},
): Promise<{ scene: Scene; factorId: string; on: AsSession; authenticator: Authenticator }> {
  const scene = await sceneForTests(options)
  const on = await scene.as((await scene.signIn()).token)
  return { scene, ...(await enrolPasskey(scene, on, authenticatorForTests(about))) }
}

/** A challenge after the right password, with what the browser is asked. */
export async function asked(scene: Scene): Promise<{ token: string; options: unknown }> {
  const token = await scene.challenge()
  return { token, options: await optionsOf(scene, token) }
}

export async function optionsOf(scene: Scene, token: string): Promise<unknown> {
  return (await scene.engine.signIn.start({ token }, "passkey", source)).show?.["options"]
}
