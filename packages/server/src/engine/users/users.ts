/** The user operations of the engine, as one group. */
import type { Context } from "../context.ts"
import type { Engine } from "../engine.ts"
import { requestAddressChangeOf } from "./address-change.ts"
import { confirmAddressOf, requestConfirmationOf } from "./confirmation.ts"
import { findUserOf, listUsersOf, removeUserOf, updateUserOf } from "./directory.ts"
import { judgePassword } from "./new-password.ts"
import { changePasswordOf } from "./password-change.ts"
import { requestResetOf, resetPasswordOf } from "./password-reset.ts"
import { createUserOf, signUpOf } from "./sign-up.ts"

export const usersOf = (ctx: Context): Engine["users"] => ({
  signUp: signUpOf(ctx),
  create: createUserOf(ctx),
  find: findUserOf(ctx),
  list: listUsersOf(ctx),
  update: updateUserOf(ctx),
  setDisabled: (on, disabled) => updateUserOf(ctx)(on, { disabled }),
  remove: removeUserOf(ctx),
  requestConfirmation: requestConfirmationOf(ctx),
  confirmAddress: confirmAddressOf(ctx),
  requestAddressChange: requestAddressChangeOf(ctx),
  changePassword: changePasswordOf(ctx),
  requestReset: requestResetOf(ctx),
  resetPassword: resetPasswordOf(ctx),
  judgePassword: (password, { email, user }) =>
    judgePassword(ctx, password, { ...user, email: email === undefined ? user?.email : email }),
})
