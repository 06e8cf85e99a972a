/**
 * A rules file as it was read, with all that its lines refer to: a tree of plain data, so that
 * compiling needs no file system. `name` is as the user said it, which is what diagnostics say.
 */
export interface Source {
  readonly name: string
  readonly text: string
  /** `environment`: a line for each variable that is a setting, as `env` prints it. A rules file unless said. */
  readonly kind?: 'file' | 'environment'
  /** Where the paths of its includes led. */
  readonly includes?: readonly Inclusion[]
  /** What its `${env:NAME}` and `${file:PATH}` stand for: holds secrets. */
  readonly references?: readonly Reference[]
  /** What of it is no UTF-8; absent: all is. */
  readonly foreign?: 'UTF-16' | readonly ForeignByte[]
}

/** Where the path of an include led, `path` as written. */
export type Inclusion =
  /** No source: a pattern that matches no file. */
  | { readonly kind: 'read', readonly path: string, readonly sources: readonly Source[] }
  /** `file` cannot be read; `reason` is a plain clause. */
  | { readonly kind: 'missing', readonly path: string, readonly file: string, readonly reason: string }
  | { readonly kind: 'folder', readonly path: string, readonly file: string }
  /** A file that is being read already, and those through which it came back to itself. */
  | { readonly kind: 'cycle', readonly path: string, readonly file: string, readonly through: readonly string[] }

/** What a reference stands for, `name` as written. */
export type Reference =
  | { readonly kind: 'env' | 'file', readonly name: string, readonly value: string }
  | { readonly kind: 'env' | 'file', readonly name: string, readonly value: undefined, readonly reason: string }

/** A byte that begins no character of UTF-8; the text has U+FFFD in its place. The first of its line. */
export interface ForeignByte {
  /** In the text, UTF-16 units. */
  readonly offset: number
  readonly byte: number
}

/** All files that were read, each once: every one before those that it includes. */
export function withIncluded(sources: readonly Source[]): readonly Source[] {
  const all = new Map<string, Source>()
  const visit = (source: Source): void => {
    if (!all.has(source.name)) all.set(source.name, source)
    for (const inclusion of source.includes ?? []) {
      if (inclusion.kind === 'read') inclusion.sources.forEach(visit)
    }
  }
  sources.forEach(visit)
  return [...all.values()]
}
