import { LONGEST_REMEMBERED } from '../language/topic-filter.ts'

/** A subscriber whose filters match a topic, at the highest QoS granted among them [MQTT-3.3.5-1]. */
export interface Match<S> {
  readonly subscriber: S
  readonly qos: 0 | 1 | 2
}

/**
 * Most nodes have one child or one subscriber, and are many: a Map for it would be larger than all
 * else of the node. With a second one there is a Map of all.
 */
interface Node<S> {
  level: string
  child: Node<S> | undefined
  children: Map<string, Node<S>> | undefined
  subscriber: S | undefined
  qos: 0 | 1 | 2
  subscribers: Map<S, 0 | 1 | 2> | undefined
}

/** Who has subscribed to what: filters by level. A filter is valid when it comes here. */
export class SubscriptionTree<S> {
  readonly #root: Node<S> = newNode('')
  readonly #mostRemembered: number
  /** Of topics, until a subscription changes. */
  #cache = new Map<string, readonly Match<S>[]>()
  /** Topics and matches in the cache. */
  #remembered = 0

  /** `mostRemembered`: topics and their matches, together, whose answers are kept. A topic may have as many matches as there are clients. */
  constructor(mostRemembered: number) {
    this.#mostRemembered = mostRemembered
  }

  /** Adds or replaces the subscriber's QoS for the filter. */
  add(filter: string, subscriber: S, qos: 0 | 1 | 2): void {
    let node = this.#root
    for (const level of filter.split('/')) node = childOf(node, level) ?? addChild(node, level)
    if (node.subscribers !== undefined) node.subscribers.set(subscriber, qos)
    else if (node.subscriber === undefined || node.subscriber === subscriber) {
      node.subscriber = subscriber
      node.qos = qos
    } else {
      node.subscribers = new Map([[node.subscriber, node.qos], [subscriber, qos]])
      node.subscriber = undefined
    }
    this.#forget()
  }

  remove(filter: string, subscriber: S): void {
    const path: { parent: Node<S>, level: string, node: Node<S> }[] = []
    let node = this.#root
    for (const level of filter.split('/')) {
      const child = childOf(node, level)
      if (child === undefined) return
      path.push({ parent: node, level, node: child })
      node = child
    }
    node.subscribers?.delete(subscriber)
    if (node.subscriber === subscriber) node.subscriber = undefined
    for (const step of path.reverse()) {
      if (!isEmpty(step.node)) break
      if (step.parent.child === step.node) step.parent.child = undefined
      step.parent.children?.delete(step.level)
    }
    this.#forget()
  }

  #forget(): void {
    if (this.#cache.size === 0) return
    this.#cache = new Map()
    this.#remembered = 0
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
    const entries = 1 + matches.length
    if (entries > this.#mostRemembered || topic.length > LONGEST_REMEMBERED) return matches
    if (this.#remembered + entries > this.#mostRemembered) this.#forget()
    this.#cache.set(topic, matches)
    this.#remembered += entries
    return matches
  }
}

function newNode<S>(level: string): Node<S> {
  return { level, child: undefined, children: undefined, subscriber: undefined, qos: 0, subscribers: undefined }
}

function childOf<S>(node: Node<S>, level: string): Node<S> | undefined {
  return node.children === undefined ? (node.child?.level === level ? node.child : undefined) : node.children.get(level)
}

function addChild<S>(node: Node<S>, level: string): Node<S> {
  const child = newNode<S>(level)
  if (node.children !== undefined) node.children.set(level, child)
  else if (node.child === undefined) node.child = child
  else {
    node.children = new Map([[node.child.level, node.child], [level, child]])
    node.child = undefined
  }
  return child
}

function isEmpty<S>({ child, children, subscriber, subscribers }: Node<S>): boolean {
  return child === undefined && subscriber === undefined && (children?.size ?? 0) === 0 && (subscribers?.size ?? 0) === 0
}

function collect<S>(node: Node<S>, levels: readonly string[], depth: number, literalOnly: boolean, found: Map<S, 0 | 1 | 2>): void {
  if (!literalOnly) {
    // "a/#" also matches "a" [MQTT-4.7.1-2]
    const rest = childOf(node, '#')
    if (rest !== undefined) take(rest, found)
  }
  const level = levels[depth]
  if (level === undefined) {
    take(node, found)
    return
  }
  const exact = childOf(node, level)
  if (exact !== undefined) collect(exact, levels, depth + 1, false, found)
  const any = literalOnly ? undefined : childOf(node, '+')
  if (any !== undefined) collect(any, levels, depth + 1, false, found)
}

function take<S>({ subscriber, qos, subscribers }: Node<S>, found: Map<S, 0 | 1 | 2>): void {
  if (subscriber !== undefined) note(subscriber, qos, found)
  if (subscribers !== undefined) for (const [each, granted] of subscribers) note(each, granted, found)
}

function note<S>(subscriber: S, qos: 0 | 1 | 2, found: Map<S, 0 | 1 | 2>): void {
  const known = found.get(subscriber)
  if (known === undefined || known < qos) found.set(subscriber, qos)
}
