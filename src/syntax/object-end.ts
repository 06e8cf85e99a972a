/** A bracket, by its offset in the text that is scanned. */
export interface OpenBracket {
  readonly character: '{' | '['
  readonly offset: number
}

/** Follows the brackets of a JSON object from line to line; says when it is over. */
export interface ObjectScan {
  /** Takes the next line; `offset` is where it begins in the whole text. */
  take(line: string, offset: number): void
  /** Every bracket that was opened is closed. */
  readonly balanced: boolean
  readonly open: readonly OpenBracket[]
  /** How deep it has been. */
  readonly depth: number
}

/**
 * A text in quotes never runs over the end of its line, so a missing quote confuses one line only.
 * Which bracket closes which is left to the grammar: here only their number counts.
 */
export function scanObject(): ObjectScan {
  const open: OpenBracket[] = []
  let depth = 0
  return {
    get balanced() { return open.length === 0 },
    get open() { return open },
    get depth() { return depth },
    take(line, offset) {
      let inText = false
      for (let i = 0; i < line.length; i += 1) {
        const character = line[i]
        if (inText && character === '\\') i += 1
        else if (character === '"') inText = !inText
        else if (inText) continue
        else if (character === '{' || character === '[') {
          open.push({ character, offset: offset + i })
          depth = Math.max(depth, open.length)
        } else if (character === '}' || character === ']') {
          open.pop()
          // What follows the object on its last line does not open it again.
          if (open.length === 0) return
        }
      }
    },
  }
}
