/** `?after=…&limit=20`, or nothing. By hand, since the `URLSearchParams` of some React Natives can't be written to. */
export function queryOf(given: Readonly<Record<string, string | number | undefined>>): string {
  const parts = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return parts.length > 0 ? `?${parts.join("&")}` : ""
}
