import { SLOTS, slotOf } from './slot.ts'

let table: readonly string[] | undefined

/**
 * A short text that lies in the slot, to be put into the name of a key in braces: what belongs to a
 * topic must lie beside its log, and the log's own name in braces would not do, because topics may
 * hold braces. All brokers of a cluster must have the same table: never change how it is made.
 */
export function slotTag(slot: number): string {
  table ??= makeTable()
  const tag = table[slot]
  if (tag === undefined) throw new Error(`no slot ${slot}`)
  return tag
}

/** For each slot the first of the numbers 0, 1, 2, … in base 36 that lies in it. */
function makeTable(): readonly string[] {
  const tags = Array<string>(SLOTS)
  for (let number = 0, left = SLOTS; left > 0; number++) {
    const tag = number.toString(36)
    const slot = slotOf(tag)
    if (tags[slot] !== undefined) continue
    tags[slot] = tag
    left--
  }
  return tags
}
