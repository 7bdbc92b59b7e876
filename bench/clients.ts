// The clients of `sign-in.ts`, in a process of their own, so that their work is not taken for the server's.
import { Agent, request } from "node:http"

export type Task = { readonly token: string; readonly code: string }
export type Order = { readonly url: string; readonly clients: number; readonly tasks: Task[] }
export type Report = { readonly milliseconds: number; readonly complete: number }

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

const answer = (url: string, { token, code }: Task): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
    const asked = request(`${url}/v1/challenge/answer`, { method: "POST", agent, headers }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode === 200))
    })
    asked.once("error", reject).end(JSON.stringify({ kind: "totp", answer: code }))
  })

async function work({ url, clients, tasks }: Order): Promise<Report> {
  const since = performance.now()
  let complete = 0
  const client = async (): Promise<void> => {
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
      // oxlint-disable-next-line no-await-in-loop -- a client waits for its answer
      if (await answer(url, task)) complete++
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return { milliseconds: performance.now() - since, complete }
}

process.on("message", (order: Order) => void work(order).then((report) => process.send?.(report)))
