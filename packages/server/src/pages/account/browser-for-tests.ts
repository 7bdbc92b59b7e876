import type { Answer, TestClient, TestServer } from "../../testing/testing.ts"

type Page = Answer<unknown>

/** A browser as far as forms go: keeps cookies, remembers the page that it stands on, posts what a form holds. */
export type FormBrowser = {
  readonly client: TestClient
  /** Opens a page below `/account` and follows where it leads. */
  readonly open: (path: string) => Promise<Page>
  /** Posts the form of the current page that goes to a path, with the fields that stand in it and those given. */
  readonly send: (action: string, fields?: Readonly<Record<string, string>>) => Promise<Page>
  /** The same without following: the bare answer. */
  readonly post: (action: string, fields?: Readonly<Record<string, string>>) => Promise<Page>
  readonly page: () => Page
}

export const formBrowser = (server: TestServer, options: Parameters<TestServer["client"]>[0] = {}): FormBrowser => {
  const client = server.client(options)
  let current: Page | undefined

  const page = (): Page => {
    if (current === undefined) throw new TypeError("no page has been opened")
    return current
  }
  const arrive = async (answer: Page): Promise<Page> => {
    let next = answer
    for (let hops = 0; next.status === 303 && hops < 5; hops++)
      next = await client.get<unknown>(next.headers.get("location") ?? "")
    current = next
    return next
  }
  const post = async (action: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> =>
    await client.submit(`/account${action}`, { ...hiddenIn(page().text, `/account${action}`), ...fields })

  return {
    client,
    page,
    post,
    open: async (path) => await arrive(await client.get<unknown>(`/account${path}`)),
    send: async (action, fields) => await arrive(await post(action, fields)),
  }
}

/** The hidden fields of the form that posts to an address, as a browser would send them. */
export const hiddenIn = (text: string, action: string): Record<string, string> => {
  const form = [...text.matchAll(/<form\b[^>]*\saction="([^"]*)"[^>]*>([^]*?)<\/form>/g)].find(
    ([, found]) => found === action,
  )
  if (form === undefined) throw new TypeError(`the page has no form that goes to ${action}`)
  const inputs = [...(form[2] ?? "").matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)].map(([tag]) => tag)
  return Object.fromEntries(
    inputs.map((tag) => [unescaped(/\sname="([^"]*)"/.exec(tag)?.[1]), unescaped(/\svalue="([^"]*)"/.exec(tag)?.[1])]),
  )
}

export const unescaped = (text = ""): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")

export const headingOf = ({ text }: Page): string => unescaped(/<h1>([^<]*)<\/h1>/.exec(text)?.[1])
