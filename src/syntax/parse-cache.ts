/**
 * What texts were parsed to, by their shape, without their places: who reads a file again in which a
 * line has changed parses that line only. Handed in by whoever keeps it; bounded.
 */
export interface ParseCache {
  get(key: string): unknown
  set(key: string, parsed: unknown): void
  /** Texts that it holds. */
  readonly size: number
}

/** Texts in each of its halves; a rule with a command is three. */
const MOST = 60_000
/** UTF-16 units. A longer text is parsed each time. */
const LONGEST = 4_096

/** Holds what was used last: when one half is full, what the other holds and nobody has asked for since is forgotten. */
export function createParseCache({ most = MOST }: { readonly most?: number } = {}): ParseCache {
  let recent = new Map<string, unknown>()
  let older = new Map<string, unknown>()
  const put = (key: string, parsed: unknown): void => {
    if (recent.size >= most) {
      older = recent
      recent = new Map()
    }
    recent.set(key, parsed)
  }
  return {
    get size() { return recent.size + older.size },
    get(key) {
      const found = recent.get(key)
      if (found !== undefined) return found
      const before = older.get(key)
      if (before === undefined) return undefined
      older.delete(key)
      put(key, before)
      return before
    },
    set(key, parsed) {
      if (key.length <= LONGEST) put(key, parsed)
    },
  }
}
