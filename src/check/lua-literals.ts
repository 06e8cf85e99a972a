import { keyIndexes } from '../language/redis-commands.ts'

/** A script that nothing is filled into, and what it is passed instead. */
export interface PassedScript {
  readonly script: string
  /** Behind the keys that it had. */
  readonly keys: readonly string[]
  /** Behind the arguments that it had. */
  readonly args: readonly string[]
}

/** Comments, which may be over several lines, and literals (Lua 5.1 reference manual, 2.1); what is in neither is matched a character at a time. */
const TOKEN = /--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[.*?\]\2\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|./gs
const TEMPLATE = /\$\{\w+\}/

/**
 * A Lua script with KEYS and ARGV in the place of the quoted literals that hold templates, which it is
 * passed whole. Nothing if a template stands elsewhere, or beside an escape: what it is there is not plain.
 * `had` is how many it is passed already.
 */
export function withoutTemplates(script: string, had: { readonly keys: number, readonly args: number }): PassedScript | undefined {
  const keys: string[] = []
  const args: string[] = []
  let made = ''
  for (const { 0: token } of script.matchAll(TOKEN)) {
    if (!/^["'].+/s.test(token) || !TEMPLATE.test(token)) {
      made += token
      continue
    }
    if (token.includes('\\')) return undefined
    const [list, name, before] = isKey(made) ? [keys, 'KEYS', had.keys] as const : [args, 'ARGV', had.args] as const
    const text = token.slice(1, -1)
    if (!list.includes(text)) list.push(text)
    // a word before it would run into it, and a literal behind a function is its argument
    if (!/[(,={[.<>+*/%~-]\s*$|(?:^|\W)(?:return|and|or|not)\s+$/.test(made)) return undefined
    made += `${name}[${before + list.indexOf(text) + 1}]`
  }
  return TEMPLATE.test(made) || keys.length + args.length === 0 ? undefined : { script: made, keys, args }
}

/** What stands behind this is the key of a command. */
function isKey(before: string): boolean {
  const name = /redis\.p?call\(\s*(["'])(\w+)\1\s*,\s*$/.exec(before)?.[2]
  return name !== undefined && keyIndexes(name.toLowerCase(), ['key', '1', '1']).includes(0)
}
