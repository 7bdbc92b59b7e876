import { linkedAppOf, personOf } from "./caller.ts"
import type { Operation } from "./operation.ts"
import { isAdministrator, isOwner } from "./roles.ts"

/** `GET people/@self`: as much of a profile as there is. `tfaAppEnabled` only while apps are demanded. */
export const readSelf: Operation = {
  method: "GET",
  path: "/people/@self",
  async handle(visit) {
    const { engine } = visit
    const person = await personOf(visit)
    const linked = (await linkedAppOf(engine, person)) !== undefined
    const demanded = (await engine.policy.read()).secondFactor === "required"
    const { user } = person.actor
    const name = [user.firstName, user.lastName].filter((part) => part !== null).join(" ")
    return {
      response: {
        id: user.id,
        displayName: name === "" ? (user.email ?? user.id) : name,
        userName: user.email ?? user.externalId ?? user.id,
        email: user.email,
        firstName: user.firstName,
        lastName: user.lastName,
        cultureName: user.locale,
        activationStatus: user.emailConfirmed ? 1 : 0,
        status: 1,
        isOwner: isOwner(user.roles),
        isAdmin: isAdministrator(user.roles),
        registrationDate: new Date(user.createdAt).toISOString(),
        ...(demanded && { tfaAppEnabled: linked }),
      },
    }
  },
}
