/** One line of a table: what was done, how often, in how many milliseconds of each round. */
export type Contender = {
  readonly name: string
  /** Does it once around and says how many operations that were, or, where it also sets up, how many a second. */
  round(): Round | Promise<Round>
}

type Round = number | { readonly perSecond: number }

export type Result = { readonly name: string; readonly perSecond: number; readonly ratio: number }

const rounds = 7

/**
 * Runs the contenders in turns, so that a slow moment of the machine meets all of them, and takes each one's median.
 * The first is the base that the ratios refer to: on another machine the figures differ, the ratios hardly do.
 */
export async function compare(title: string, contenders: readonly Contender[]): Promise<Result[]> {
  const rates = contenders.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const since = performance.now()
      // oxlint-disable-next-line no-await-in-loop -- one at a time is the point
      const done = await contender.round()
      const perSecond = typeof done === "number" ? (done * 1_000) / (performance.now() - since) : done.perSecond
      // The first round warms up.
      if (round > 0) rates[index]?.push(perSecond)
    }
  }
  const medians = rates.map((each) => each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)] ?? 0)
  const base = medians[0] ?? 1
  const results = contenders.map(({ name }, index) => ({
    name,
    perSecond: medians[index] ?? 0,
    ratio: (medians[index] ?? 0) / base,
  }))
  print(title, results)
  return results
}

function print(title: string, results: readonly Result[]): void {
  const width = Math.max(...results.map(({ name }) => name.length))
  say(`\n${title}`)
  for (const { name, perSecond, ratio } of results)
    say(
      `  ${name.padEnd(width)}  ${Math.round(perSecond).toLocaleString("en").padStart(9)} /s  ${ratio.toFixed(2).padStart(6)}`,
    )
}

// oxlint-disable-next-line no-console -- a benchmark's only product is what it prints
export const say = (line: string): void => console.log(line)
