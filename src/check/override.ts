interface Keys<S> {
  readonly keyOf: (symbol: S) => string
  /** Keys that are not to be there at all. */
  readonly removed: readonly string[]
}

/** The lines of the files, each that the environment sets too replaced at the place of the first with its key; what only the environment sets comes last. */
export function overriddenBy<S>(variables: readonly S[], lines: readonly S[], { keyOf, removed }: Keys<S>): readonly S[] {
  if (variables.length + removed.length === 0) return lines
  const gone = new Set(removed)
  const setBy = new Map(variables.map(symbol => [keyOf(symbol), symbol]))
  const placed = new Set<S>()
  const kept = lines.flatMap((line) => {
    const key = keyOf(line)
    const variable = setBy.get(key)
    if (gone.has(key) || (variable !== undefined && placed.has(variable))) return []
    if (variable === undefined) return [line]
    placed.add(variable)
    return [variable]
  })
  return [...kept, ...[...setBy.values()].filter(symbol => !placed.has(symbol))]
}
