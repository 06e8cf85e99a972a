/** Columns of a terminal. */
const WIDTH = 100

/** Columns as wide as they need to be; `>` before a heading puts its column to the right. Nothing without rows. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const names = headings.map(heading => heading.replace(/^>/, ''))
  const widths = names.map((name, i) => Math.max(name.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string => cells
    .map((cell, i) => headings[i]?.startsWith('>') === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))
    .join('  ').trimEnd()
  return [line(names), ...rows.map(line)]
}

/** No longer than a terminal is wide, less some columns that are wanted for more. */
export function cut(line: string, less = 0): string {
  const shown = clean(line)
  const most = WIDTH - less
  return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`
}

/** Nothing that comes from files or from Redis may steer the terminal. */
export function clean(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
