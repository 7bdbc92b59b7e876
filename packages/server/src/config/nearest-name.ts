/** The name that was probably meant, when one is close enough to be a slip of the finger or a word left out. */
export const nearestName = (given: string, names: readonly string[]): string | undefined => {
  let nearest: { name: string; distance: number } | undefined
  for (const name of names) {
    const distance = editDistance(given, name)
    if (distance < (nearest?.distance ?? Infinity)) nearest = { name, distance }
  }
  return nearest && nearest.distance <= Math.max(2, Math.floor(given.length / 6)) ? nearest.name : undefined
}

/** How many letters have to be changed, left out, put in or swapped with their neighbour. */
const editDistance = (left: string, right: string): number => {
  let before: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1]
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(before, column - 2) + 1 : Infinity,
      )
    }
    before = last
    last = next
  }
  return at(last, right.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity
