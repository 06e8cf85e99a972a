import type { Source } from '../diagnostic/source.ts'
import { VARIABLE_PREFIXES, variableNamed } from '../language/variable-name.ts'

/** A file of `NAME=value` lines, as `docker run --env-file` takes it and `env` prints it, as lines of rules. */
export interface EnvironmentFile {
  /** Each line at the place of its variable; what is no setting is an empty one. */
  readonly source: Source
  /** The names of the variables that became lines, by their lines from 1. */
  readonly names: ReadonlyMap<number, string>
  /** Keys whose variable is empty, which removes them. */
  readonly removed: ReadonlyMap<string, { readonly name: string, readonly line: number }>
  /** Variables that are EMQ X's and no setting of its broker, by their lines. */
  readonly others: ReadonlyMap<number, string>
}

export function environmentFile(file: string, text: string): EnvironmentFile {
  const names = new Map<number, string>()
  const removed = new Map<string, { name: string, line: number }>()
  const others = new Map<number, string>()
  const lines = text.replace(/^\uFEFF/, '').split('\n').map((raw, i) => {
    const written = raw.trim()
    if (written.startsWith('#')) return written
    const { name = '', value = '' } = /^(?:export\s+)?(?<name>[^\s=]+)=(?<value>.*)$/.exec(written)?.groups ?? {}
    const key = variableNamed(name)?.words.map(({ text: word }) => word).join('.')
    const plain = unquoted(value.trim())
    if (key !== undefined && plain !== '') {
      names.set(i + 1, name)
      return `${key} = ${plain}`
    }
    if (key !== undefined) removed.set(key, { name, line: i + 1 })
    else if (VARIABLE_PREFIXES.some(prefix => name.startsWith(prefix))) others.set(i + 1, name)
    return ''
  })
  return { source: { name: file, text: lines.join('\n') }, names, removed, others }
}

/** Quotes around all of it are the shell's. */
function unquoted(value: string): string {
  return /^(?<quote>['"])(?<inner>.*)\k<quote>$/s.exec(value)?.groups?.['inner'] ?? value
}
