/** Of a setting that is part of the language while what it asks for is not built yet: to be said, never silently without effect. */
export interface Unbuilt {
  readonly severity: 'error' | 'warning'
  /** What is not built, to begin a sentence. */
  readonly what: string
  /** Values that ask for nothing. */
  readonly except?: readonly string[]
}
