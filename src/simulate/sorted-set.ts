/** A sorted set of Redis: members by score, those of one score by their bytes. */
export class SortedSet {
  readonly #scores = new Map<string, number>()
  /** In order; absent: to be put in order when it is asked for. */
  #order: string[] | undefined = []

  get size(): number {
    return this.#scores.size
  }

  score(member: string): number | undefined {
    return this.#scores.get(member)
  }

  set(member: string, score: number): void {
    const last = this.#order?.at(-1)
    const isLast = !this.#scores.has(member) && (last === undefined || (this.#scores.get(last) ?? 0) < score)
    this.#scores.set(member, score)
    if (isLast) this.#order?.push(member)
    else this.#order = undefined
  }

  delete(member: string): boolean {
    if (!this.#scores.delete(member)) return false
    if (this.#order?.[0] === member) this.#order.shift()
    else this.#order = undefined
    return true
  }

  /** All members, lowest first. */
  members(): readonly string[] {
    this.#order ??= [...this.#scores.keys()].sort((a, b) => (this.#scores.get(a) ?? 0) - (this.#scores.get(b) ?? 0) || byBytes(a, b))
    return this.#order
  }

  /** The place of the first member with a greater score. */
  after(score: number): number {
    const members = this.members()
    let [low, high] = [0, members.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#scores.get(members[middle] ?? '') ?? 0) <= score) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The order of Redis. UTF-16 has another one only where there are surrogates. */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0
  if (/[\ud800-\uffff]/.test(a) || /[\ud800-\uffff]/.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : 1
}
