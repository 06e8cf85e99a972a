/** What a page is about, as people say it; {@link PAGE_KINDS} has their order. */
export type PageKind = 'check' | 'hook' | 'function' | 'placeholder' | 'pool option' | 'setting' | 'rule member' | 'Redis key'

/** In the order in which they are listed, with the heading of their part of the reference. */
export const PAGE_KINDS: Readonly<Record<PageKind, string>> = {
  'hook': 'Hooks',
  'function': 'Functions',
  'placeholder': 'Placeholders',
  'rule member': 'Rule members',
  'pool option': 'Pool options',
  'setting': 'Settings',
  'Redis key': 'Redis keys',
  'check': 'Checks',
}

/**
 * What is to be said of one name of the language, made of rows: for the terminal and for the
 * reference. Texts have code in backticks.
 */
export interface Page {
  readonly kind: PageKind
  /** As it is written. */
  readonly name: string
  /** Other spellings under which it is found: aliases, old names, short ones. */
  readonly spellings: readonly string[]
  /** A clause: lower case, no full stop. */
  readonly summary: string
  /** Clauses. */
  readonly facts: readonly (readonly [label: string, text: string])[]
  /** Sentences. */
  readonly doc: string
  readonly examples: readonly Example[]
}

/** Lines of a rules file, and what they are an example of. */
export interface Example {
  readonly title: string
  readonly text: string
}
