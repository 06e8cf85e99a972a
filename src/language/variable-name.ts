/** What the names of variables begin with that are settings (SPEC 1); what the earlier says, wins. */
export const VARIABLE_PREFIXES = ['HOOKLINE_', 'EMQX_'] as const

export type VariablePrefix = typeof VARIABLE_PREFIXES[number]

/** A variable that is a setting. */
export interface VariableName {
  readonly prefix: VariablePrefix
  /** The words of its key, each with the offset in the variable's name where it begins. */
  readonly words: readonly { readonly text: string, readonly at: number }[]
}

/**
 * `EMQX_BACKEND__REDIS__POOL1__SERVER` is `backend.redis.pool1.server`: `__` is the dot, and the
 * words are lower-cased. A name without `__`, such as `HOOKLINE_LOG_LEVEL`, is no setting.
 */
export function variableNamed(name: string): VariableName | undefined {
  const prefix = VARIABLE_PREFIXES.find(start => name.startsWith(start))
  if (prefix === undefined || !/^[\w@/:-]+$/.test(name)) return undefined
  const words: { text: string, at: number }[] = []
  let at = prefix.length
  for (const word of name.slice(at).split('__')) {
    words.push({ text: word.toLowerCase(), at })
    at += word.length + 2
  }
  return words.length < 2 || words.some(({ text }) => text === '') ? undefined : { prefix, words }
}
