interface Node {
  readonly children: Map<string, Node>
  /** A topic ends here. */
  topic: string | undefined
}

/** Topics by level, to find those that a filter matches without looking at all of them. */
export class TopicTree {
  readonly #root: Node = newNode()

  add(topic: string): void {
    let node = this.#root
    for (const level of topic.split('/')) {
      let child = node.children.get(level)
      if (child === undefined) {
        child = newNode()
        node.children.set(level, child)
      }
      node = child
    }
    node.topic = topic
  }

  delete(topic: string): void {
    const path: { readonly parent: Node, readonly level: string, readonly node: Node }[] = []
    let node = this.#root
    for (const level of topic.split('/')) {
      const child = node.children.get(level)
      if (child === undefined) return
      path.push({ parent: node, level, node: child })
      node = child
    }
    node.topic = undefined
    for (const step of path.reverse()) {
      if (step.node.topic !== undefined || step.node.children.size > 0) break
      step.parent.children.delete(step.level)
    }
  }

  /** Topics that a valid filter matches [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.2-1]. */
  matching(filter: string): string[] {
    const found: string[] = []
    const levels = filter.split('/')
    walk(this.#root, 0)
    return found

    function walk(node: Node, depth: number): void {
      const level = levels[depth]
      if (level === undefined) {
        if (node.topic !== undefined) found.push(node.topic)
      } else if (level === '#') all(node, depth)
      else if (level === '+') {
        for (const [name, child] of node.children) if (depth > 0 || !name.startsWith('$')) walk(child, depth + 1)
      } else {
        const child = node.children.get(level)
        if (child !== undefined) walk(child, depth + 1)
      }
    }

    function all(node: Node, depth: number): void {
      if (node.topic !== undefined) found.push(node.topic)
      for (const [name, child] of node.children) if (depth > 0 || !name.startsWith('$')) all(child, depth + 1)
    }
  }
}

function newNode(): Node {
  return { children: new Map(), topic: undefined }
}
