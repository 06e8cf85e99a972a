/** Values by their MQTT filters: finds those that have to do with another filter without looking at all of them. */
export interface FilterIndex<T> {
  /** A filter that is valid; absent: of every topic, those with `$` too. */
  add(filter: string | undefined, value: T): void
  /** Those with a filter that shares a topic with this one, in the order in which they were added. */
  overlapping(filter: string | undefined): readonly T[]
}

interface Entry<T> {
  readonly value: T
  readonly order: number
}

/** One level of filters. */
interface Node<T> {
  /** Each absent until there is one. */
  next: Map<string, Node<T>> | undefined
  /** Of filters that end here, and of those that go on with `#`. */
  ends: Entry<T>[] | undefined
  open: Entry<T>[] | undefined
}

export function createFilterIndex<T>(): FilterIndex<T> {
  const root: Node<T> = emptyNode()
  const everything: Entry<T>[] = []
  let count = 0

  return {
    add(filter, value) {
      const entry = { value, order: count }
      count += 1
      if (filter === undefined) everything.push(entry)
      else entriesAt(root, filter).push(entry)
    },
    overlapping(filter) {
      const found = [...everything]
      if (filter === undefined) collect(root, found)
      else search(root, filter, found)
      if (found.length < 2) return found.map(({ value }) => value)
      return found.sort((a, b) => a.order - b.order).map(({ value }) => value)
    },
  }
}

function emptyNode<T>(): Node<T> {
  return { next: undefined, ends: undefined, open: undefined }
}

function entriesAt<T>(root: Node<T>, filter: string): Entry<T>[] {
  let node = root
  for (const level of filter.split('/')) {
    if (level === '#') {
      node.open ??= []
      return node.open
    }
    node.next ??= new Map()
    let next = node.next.get(level)
    if (next === undefined) node.next.set(level, next = emptyNode())
    node = next
  }
  node.ends ??= []
  return node.ends
}

/**
 * As `overlapsFilter` compares two; at the front a wildcard and a level with `$` do not meet
 * [MQTT-4.7.2-1]. No recursion: a filter may have more levels than a stack has frames.
 */
function search<T>(root: Node<T>, filter: string, found: Entry<T>[]): void {
  const levels = filter.split('/')
  const left: { readonly node: Node<T>, readonly at: number }[] = [{ node: root, at: 0 }]
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    const { node, at } = step
    const level = levels[at]
    const isSystem = at === 0 && level?.startsWith('$') === true
    if (!isSystem) append(found, node.open)
    if (level === undefined || level === '#') append(found, node.ends)
    if (level === '#' || level === '+') {
      for (const [name, next] of node.next ?? []) {
        if (at === 0 && name.startsWith('$')) continue
        if (level === '#') collect(next, found)
        else left.push({ node: next, at: at + 1 })
      }
    } else if (level !== undefined) {
      for (const name of isSystem ? [level] : [level, '+']) {
        const next = node.next?.get(name)
        if (next !== undefined) left.push({ node: next, at: at + 1 })
      }
    }
  }
}

/** All from here on. */
function collect<T>(start: Node<T>, found: Entry<T>[]): void {
  const left = [start]
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    append(found, node.ends)
    append(found, node.open)
    for (const next of node.next?.values() ?? []) left.push(next)
  }
}

function append<T>(list: T[], more: readonly T[] | undefined): void {
  if (more === undefined) return
  for (const it of more) list.push(it)
}
