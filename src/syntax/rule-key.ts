import type { Span } from '../diagnostic/diagnostic.ts'
import { spanBetween } from '../diagnostic/line-span.ts'
import { hookNamed } from '../language/hook-name.ts'
import type { HookName } from '../language/hooks.ts'
import type { Key } from './ast.ts'

/** What the key of a rule says. */
export interface RuleKey {
  /** As written: `message.deliver`. */
  readonly hookText: string
  readonly hookSpan: Span
  readonly hook: HookName | undefined
  /** Absent: the key ends with the hook. */
  readonly number: string | undefined
}

/** `backend.redis.hook.<hook>.<number>`: the last word is the number, those before it the hook. */
export function isRuleKey({ words }: Key): boolean {
  return words[1]?.text === 'redis' && words[2]?.text === 'hook' && words.length > 3
}

/** Of a key that {@link isRuleKey}. */
export function readRuleKey({ words, span }: Key): RuleKey {
  const named = words.slice(3)
  const numbered = named.length > 1 && hookNamed(textOf(named)) === undefined
  const hookWords = numbered ? named.slice(0, -1) : named
  const hookText = textOf(hookWords)
  return { hookText, hookSpan: joined(hookWords, span), hook: hookNamed(hookText), number: numbered ? named.at(-1)?.text : undefined }
}

function textOf(words: Key['words']): string {
  return words.map(({ text }) => text).join('.')
}

function joined(words: Key['words'], whole: Span): Span {
  const [first, last] = [words[0], words.at(-1)]
  return first === undefined || last === undefined ? whole : spanBetween(first.span, last.span)
}
