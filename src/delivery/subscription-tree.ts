/** A subscriber whose filters match a topic, at the highest QoS granted among them [MQTT-3.3.5-1]. */
export interface Match<S> {
  readonly subscriber: S
  readonly qos: 0 | 1 | 2
}

/** Most nodes have only one of the two: an empty Map is larger than all else of a node. */
interface Node<S> {
  children: Map<string, Node<S>> | undefined
  subscribers: Map<S, 0 | 1 | 2> | undefined
}

/** Topics whose matches are remembered until a subscription changes. */
const CACHE_BOUND = 10_000

/** Who has subscribed to what: filters by level. A filter is valid when it comes here. */
export class SubscriptionTree<S> {
  readonly #root: Node<S> = newNode()
  #cache = new Map<string, readonly Match<S>[]>()

  /** Adds or replaces the subscriber's QoS for the filter. */
  add(filter: string, subscriber: S, qos: 0 | 1 | 2): void {
    let node = this.#root
    for (const level of filter.split('/')) {
      let child = node.children?.get(level)
      if (child === undefined) {
        child = newNode()
        node.children ??= new Map()
        node.children.set(level, child)
      }
      node = child
    }
    node.subscribers ??= new Map()
    node.subscribers.set(subscriber, qos)
    this.#cache = new Map()
  }

  remove(filter: string, subscriber: S): void {
    const path: { parent: Node<S>, level: string, node: Node<S> }[] = []
    let node = this.#root
    for (const level of filter.split('/')) {
      const child = node.children?.get(level)
      if (child === undefined) return
      path.push({ parent: node, level, node: child })
      node = child
    }
    node.subscribers?.delete(subscriber)
    for (const step of path.reverse()) {
      if ((step.node.subscribers?.size ?? 0) > 0 || (step.node.children?.size ?? 0) > 0) break
      step.parent.children?.delete(step.level)
    }
    this.#cache = new Map()
  }

  /** Each matching subscriber once. The array must not be changed. */
  match(topic: string): readonly Match<S>[] {
    const known = this.#cache.get(topic)
    if (known !== undefined) return known
    const found = new Map<S, 0 | 1 | 2>()
    const levels = topic.split('/')
    // [MQTT-4.7.2-1]: wildcards at the front do not match topics that begin with $
    collect(this.#root, levels, 0, topic.startsWith('$'), found)
    const matches = Array.from(found, ([subscriber, qos]) => ({ subscriber, qos }))
    if (this.#cache.size >= CACHE_BOUND) this.#cache = new Map()
    this.#cache.set(topic, matches)
    return matches
  }
}

function newNode<S>(): Node<S> {
  return { children: undefined, subscribers: undefined }
}

function collect<S>(node: Node<S>, levels: readonly string[], depth: number, literalOnly: boolean, found: Map<S, 0 | 1 | 2>): void {
  if (!literalOnly) {
    // "a/#" also matches "a" [MQTT-4.7.1-2]
    const rest = node.children?.get('#')
    if (rest !== undefined) take(rest, found)
  }
  const level = levels[depth]
  if (level === undefined) {
    take(node, found)
    return
  }
  const exact = node.children?.get(level)
  if (exact !== undefined) collect(exact, levels, depth + 1, false, found)
  const any = literalOnly ? undefined : node.children?.get('+')
  if (any !== undefined) collect(any, levels, depth + 1, false, found)
}

function take<S>(node: Node<S>, found: Map<S, 0 | 1 | 2>): void {
  if (node.subscribers === undefined) return
  for (const [subscriber, qos] of node.subscribers) {
    const known = found.get(subscriber)
    if (known === undefined || known < qos) found.set(subscriber, qos)
  }
}
