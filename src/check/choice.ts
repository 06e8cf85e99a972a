import type { Edit } from '../diagnostic/diagnostic.ts'
import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import type { Finding } from './check.ts'

/** What could be written in the place of something, the likeliest first: all as the hint, the first as the fix; nothing of no names. */
export function choice(names: readonly string[], edit: (name: string) => Edit | undefined, verb: 'write' | 'use' = 'write'): Pick<Finding, 'hint' | 'fix'> | undefined {
  const [first] = names
  if (first === undefined) return undefined
  const made = edit(first)
  return { hint: `${verb} ${oneOfThese(names)}`, ...made === undefined ? {} : { fix: { title: `${verb} \`${first}\``, edits: [made] } } }
}
