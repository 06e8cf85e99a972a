import type { Symbols } from './symbols.ts'

/** What is made of the symbols of a program, made once however many checks ask for it. */
export function once<T>(make: (symbols: Symbols) => T): (symbols: Symbols) => T {
  const made = new WeakMap<Symbols, { readonly value: T }>()
  return (symbols) => {
    const known = made.get(symbols)
    if (known !== undefined) return known.value
    const value = make(symbols)
    made.set(symbols, { value })
    return value
  }
}
