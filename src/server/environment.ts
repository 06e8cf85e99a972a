import { misprintOf } from '../check/misprint.ts'
import type { Source } from '../diagnostic/source.ts'
import { settingNamed } from '../language/setting-table.ts'
import { VARIABLE_PREFIXES, variableNamed } from '../language/variable-name.ts'

/** What diagnostics call it. */
const NAME = 'env'

/**
 * The variables that are settings and rules, to be read after the files; nothing if there is none.
 * Of two for one key that with our prefix counts, an empty one too.
 */
export function environmentSource(env: NodeJS.ProcessEnv): Source | undefined {
  const lines = new Map<string, string>()
  for (const prefix of VARIABLE_PREFIXES) {
    for (const name of Object.keys(env).filter(key => key.startsWith(prefix)).sort()) {
      const words = variableNamed(name)?.words.map(({ text }) => text)
      const key = words?.join('.')
      if (words === undefined || key === undefined || lines.has(key)) continue
      lines.set(key, `${name}=${shownValue(words, env[name] ?? '')}`)
    }
  }
  if (lines.size === 0) return undefined
  return { name: NAME, kind: 'environment', text: [...lines.values()].sort().map(line => `${line}\n`).join('') }
}

/** One line. What is none of our settings has no effect and may be anybody's secret: it goes no further. */
function shownValue(words: readonly string[], value: string): string {
  const isRule = words[0] === 'backend' && words[1] === 'redis' && (words[2] === 'hook' || words[2] === 'rule')
  if (value !== '' && !isRule && settingNamed(words) === undefined && misprintOf(words) === undefined) return '***'
  // An end of line is a blank in a JSON object; in a scalar it is a mistake, which the U+000D makes known.
  return isRule ? value.replace(/[\r\n]+/g, ' ') : value.trimEnd().replace(/[\r\n]+/g, '\r')
}
