import { z } from "zod"
import { clearedCookie } from "./carrying.ts"
import { operation } from "./operation.ts"
import * as s from "./schemas.ts"
import { rememberedDeviceView } from "./views.ts"

/** Devices where the second factor is not asked for a while. */
export const rememberedDeviceOperations = [
  operation({
    id: "listRememberedDevices",
    group: "Remembered devices",
    summary: "List remembered devices",
    method: "GET",
    path: "/remembered-devices",
    access: "user",
    answers: {
      200: { description: "Newest first.", schema: z.strictObject({ devices: z.array(s.rememberedDevice) }) },
    },
    async handle({ call, engine, who }) {
      const devices = await engine.rememberedDevices.list(who, { token: call.deviceToken })
      return { status: 200, json: { devices: devices.map(rememberedDeviceView) } }
    },
  }),

  operation({
    id: "forgetDevice",
    group: "Remembered devices",
    summary: "Forget one device",
    method: "DELETE",
    path: "/remembered-devices/{id}",
    access: "user",
    answers: { 204: { description: "It will be asked again." } },
    refusals: ["not_found"],
    async handle({ engine, params: { id = "" }, who }) {
      await engine.rememberedDevices.forget(who, { id })
      return { status: 204 }
    },
  }),

  operation({
    id: "forgetAllDevices",
    group: "Remembered devices",
    summary: "Forget all devices",
    method: "DELETE",
    path: "/remembered-devices",
    access: "user",
    answers: { 204: { description: "All will be asked again." } },
    async handle({ engine, who }) {
      await engine.rememberedDevices.forgetAll(who)
      return { status: 204, cookies: [clearedCookie("device")] }
    },
  }),
]
