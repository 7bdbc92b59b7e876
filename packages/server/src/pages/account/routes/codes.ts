import { CountersignError } from "../../../engine/errors.ts"
import type { Reply } from "../../../http/route.ts"
import { go, refuse, show } from "../answers.ts"
import { doneWords } from "../done.ts"
import { attempt } from "../forms.ts"
import type { PageRoute } from "../page-route.ts"
import { missing } from "../refusals.ts"
import { safeTarget } from "../return-to.ts"
import { codesFile, codesGonePage, codesPage, newCodesPage } from "../views/codes.ts"
import type { Person, Visit } from "../visit.ts"

/** The codes that may still be shown to this session; undefined when they were acknowledged or are another's. */
const readCodes = async (visit: Visit, { on, actor }: Person) => {
  const [revealed, status] = await Promise.all([
    visit.engine.recoveryCodes.reveal(on),
    visit.engine.recoveryCodes.status(on),
  ])
  if (revealed === undefined || status.createdAt === null) return undefined
  return {
    codes: revealed.codes.filter(({ used }) => !used).map(({ code }) => code),
    account: actor.user.email ?? actor.user.externalId ?? "",
    madeAt: status.createdAt,
  }
}

const returnToOf = (visit: Visit): string | undefined =>
  safeTarget(visit.engine.settings, visit.form["return_to"] ?? visit.query.get("return_to"))

const codes = async (visit: Visit, person: Person): Promise<Reply> => {
  const found = await readCodes(visit, person)
  if (found === undefined) return await show(visit, codesGonePage(visit.frame))
  return await show(visit, codesPage(visit.frame, { ...found, returnTo: returnToOf(visit), done: doneWords(visit) }))
}

const file = async (visit: Visit, person: Person): Promise<Reply> => {
  const found = await readCodes(visit, person)
  if (found === undefined) return await show(visit, codesGonePage(visit.frame), { status: 404 })
  const { issuer } = visit.engine.settings
  const day = new Date(found.madeAt).toISOString().slice(0, 10)
  const stem = issuer
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
  const name = [stem, visit.words.codes.fileName, day].filter((part) => part !== "").join("-")
  return {
    status: 200,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="${name}.txt"`,
      "cache-control": "no-store",
    },
    text: codesFile(visit.frame.language, { ...found, issuer }),
  }
}

const saved = async (visit: Visit, person: Person): Promise<Reply> => {
  const { frame, engine } = visit
  if (visit.form["saved"] !== "yes") {
    const found = await readCodes(visit, person)
    const refusal = missing(frame, ["saved"])
    const page =
      found === undefined ? codesGonePage(frame) : codesPage(frame, { ...found, returnTo: returnToOf(visit), refusal })
    return await refuse(visit, new CountersignError("input_invalid", { field: "saved" }), page)
  }
  await engine.recoveryCodes.acknowledge(person.on)
  return go(visit, returnToOf(visit) ?? `${frame.base}?done=codes-saved`)
}

const askForNew = async (visit: Visit, { on }: Person): Promise<Reply> => {
  const { left, createdAt } = await visit.engine.recoveryCodes.status(on)
  if (createdAt === null && !(await hasFactor(visit, on))) return go(visit, visit.frame.base)
  return await show(visit, newCodesPage(visit.frame, { left }))
}

const hasFactor = async (visit: Visit, on: Person["on"]): Promise<boolean> =>
  (await visit.engine.factors.list(on)).some(({ state }) => state === "on")

const makeNew = async (visit: Visit, { on }: Person): Promise<Reply> => {
  const { left } = await visit.engine.recoveryCodes.status(on)
  await attempt(
    visit,
    () => visit.engine.recoveryCodes.replace(on),
    {},
    (refusal) => newCodesPage(visit.frame, { left, refusal }),
  )
  return go(visit, `${visit.frame.base}/recovery-codes`)
}

export const codesRoutes: readonly PageRoute[] = [
  { method: "GET", path: "/recovery-codes", for: "person", handle: codes },
  { method: "GET", path: "/recovery-codes/file", for: "person", handle: file },
  { method: "POST", path: "/recovery-codes/saved", for: "person", handle: saved },
  { method: "GET", path: "/recovery-codes/new", for: "person", handle: askForNew },
  { method: "POST", path: "/recovery-codes/new", for: "person", handle: makeNew },
]
