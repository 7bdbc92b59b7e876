type Watched = { readonly watch: (some: boolean) => void; readonly announce: () => void }

const quietMilliseconds = 60_000

/**
 * Keeps the tabs of one browser in step: a change in one is read by the others, and a tab that was away for a minute
 * reads anew when it is looked at. Listens only while somebody listens to the store.
 */
export function watchWindow(possible: boolean, refresh: () => void): Watched {
  let channel: BroadcastChannel | undefined
  let last = Date.now()
  const again = (): void => {
    last = Date.now()
    refresh()
  }
  const seen = (): void => {
    if (document.visibilityState === "visible" && Date.now() - last > quietMilliseconds) again()
  }
  return {
    watch(some) {
      if (!possible) return
      if (some) {
        document.addEventListener("visibilitychange", seen)
        addEventListener("online", again)
        if (typeof BroadcastChannel !== "undefined") {
          channel = new BroadcastChannel("countersign")
          channel.addEventListener("message", again)
        }
      } else {
        document.removeEventListener("visibilitychange", seen)
        removeEventListener("online", again)
        channel?.close()
        channel = undefined
      }
    },
    // No content: what changed is read from the server, with the cookie.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target; it reaches this origin only
    announce: () => channel?.postMessage(0),
  }
}
