import type { ReverificationRequest } from "@countersign/client"
import { useEffect, useState } from "react"
import type { ComponentType, ReactElement } from "react"
import { CountersignContext } from "./context.ts"
import type { Provided } from "./context.ts"
import type { DialogProps } from "./dialog/reverification-dialog.tsx"
import type { DialogTexts } from "./dialog/texts.ts"
import { OwnHandler, useNewClient } from "./provider-core.tsx"
import type { CoreProps } from "./provider-core.tsx"

export type CountersignProviderProps = CoreProps & {
  /** Other words for the step-up dialog: some of them, or a language such as `germanDialogTexts`. */
  texts?: Partial<DialogTexts> | undefined
}

type Open = { readonly request: ReverificationRequest; readonly Dialog: ComponentType<DialogProps> }

/** Our dialog, fetched when it is first needed. */
function DialogHost({
  client,
  onError,
  texts,
}: Provided & { texts: Partial<DialogTexts> | undefined }): ReactElement | null {
  const [open, setOpen] = useState<Open>()
  useEffect(() => {
    const ask = async (request: ReverificationRequest): Promise<void> => {
      const { ReverificationDialog } = await import("./dialog/reverification-dialog.tsx")
      setOpen({ request, Dialog: ReverificationDialog })
      await request.closed
      setOpen((now) => (now?.request === request ? undefined : now))
    }
    return client.reverification.listen((request) => {
      ask(request).catch((error: unknown) => {
        onError(error)
        request.cancel()
      })
    })
  }, [client, onError])
  return open ? <open.Dialog client={client} request={open.request} texts={texts} /> : null
}

/**
 * Stands above everything that uses the hooks. Needs no props where the app and Countersign share an origin; `url`
 * otherwise. With `onNeedsReverification` the app asks for a fresh proof itself, and our dialog is never fetched.
 */
export function CountersignProvider(props: CountersignProviderProps): ReactElement {
  const { texts, children, onNeedsReverification, ...core } = props
  const provided = useNewClient(core)
  return (
    <CountersignContext.Provider value={provided}>
      {children}
      {onNeedsReverification ? (
        <OwnHandler client={provided.client} handler={onNeedsReverification} />
      ) : (
        <DialogHost {...provided} texts={texts} />
      )}
    </CountersignContext.Provider>
  )
}
