/** Escape sequences that colour, clear or move (ECMA-48, 5.4), and the title of a window. */
// oxlint-disable-next-line no-control-regex -- they are control characters
const ESCAPES = /\u001B\[[0-?]*[ -/]*[@-~]|\u001B\][^\u0007]*\u0007/g

/** What a terminal was sent, as lines of text. */
export function linesOf(output: string): readonly string[] {
  const lines = output.replace(ESCAPES, '').replaceAll('\r\n', '\n').split('\n').map((line) => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  return lines
}

/** Whether these lines were printed, where `…` stands for any text and, alone, for any lines. */
export function isAsShown(printed: readonly string[], shown: readonly string[]): boolean {
  const pattern = shown.map((line) => line.trim() === '…'
    ? '(?:[^\\n]*\\n)*?'
    : `${line.trimEnd().split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^\\n]*')}\\n`)
  return new RegExp(`^${pattern.join('')}$`).test(printed.map((line) => `${line}\n`).join(''))
}

/** The same where the order is not promised (Redis' KEYS): a number at the front does not count. */
export function isAsShownInAnyOrder(printed: readonly string[], shown: readonly string[]): boolean {
  const bare = (line: string) => line.replace(/^ *\d+\) /, '')
  const left = printed.map(bare)
  // those that say more find theirs first
  for (const line of shown.map(bare).sort((a, b) => Number(a.includes('…')) - Number(b.includes('…')))) {
    const found = left.findIndex((candidate) => isAsShown([candidate], [line]))
    if (found < 0) return false
    left.splice(found, 1)
  }
  return left.length === 0
}
