// Most sessions put nothing into most of what they may have to remember, and an empty Map or Set
// takes two hundred bytes: a dozen of them were a fifth of an idle connection.

/** A Map that is made when something is put into it, and let go when it is cleared. */
export class LazyMap<K, V> {
  #map: Map<K, V> | undefined

  get size(): number {
    return this.#map?.size ?? 0
  }

  has(key: K): boolean {
    return this.#map?.has(key) === true
  }

  get(key: K): V | undefined {
    return this.#map?.get(key)
  }

  set(key: K, value: V): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  delete(key: K): boolean {
    return this.#map?.delete(key) === true
  }

  clear(): void {
    this.#map = undefined
  }

  keys(): IterableIterator<K> {
    return (this.#map ?? new Map<K, V>()).keys()
  }

  values(): IterableIterator<V> {
    return (this.#map ?? new Map<K, V>()).values()
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return (this.#map ?? new Map<K, V>())[Symbol.iterator]()
  }
}

/** A Set that is made when something is put into it, and let go when it is cleared. */
export class LazySet<T> {
  #set: Set<T> | undefined

  get size(): number {
    return this.#set?.size ?? 0
  }

  has(value: T): boolean {
    return this.#set?.has(value) === true
  }

  add(value: T): void {
    this.#set ??= new Set()
    this.#set.add(value)
  }

  delete(value: T): boolean {
    return this.#set?.delete(value) === true
  }

  clear(): void {
    this.#set = undefined
  }

  [Symbol.iterator](): IterableIterator<T> {
    return (this.#set ?? new Set<T>())[Symbol.iterator]()
  }
}
