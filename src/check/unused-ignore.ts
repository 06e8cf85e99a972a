import type { Diagnostic, Edit, Span } from '../diagnostic/diagnostic.ts'
import { nearest } from '../diagnostic/did-you-mean.ts'
import { spanOf } from '../diagnostic/source-text.ts'
import type { Check, Finding } from './check.ts'
import { choice } from './choice.ts'
import { linesRemoved } from './edits.ts'
import { ignoresFinding, isWithin, lineOf, linesBefore, type IgnoreSymbol } from './ignore.ts'
import type { Symbols } from './symbols.ts'

export const unusedIgnore: Check = {
  name: 'unused-ignore',
  severity: 'warning',
  fix: 'safe',
  doc: 'An ignore that finds nothing to ignore misleads, and may hide what comes later. One of a check that only some runs can see, such as what servers say, is never called unused.',
  bad: `# hookline-ignore no-expiry -- an archive
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}`,
  good: `# hookline-ignore no-expiry -- an archive
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}`,
  find: () => [],
  *review(symbols, { found, checks }) {
    if (symbols.ignores.length === 0) return
    const byLine = new Map<string, Diagnostic[]>()
    for (const finding of found) {
      const others = byLine.get(lineOf(finding.span))
      if (others === undefined) byLine.set(lineOf(finding.span), [finding])
      else others.push(finding)
    }
    for (const ignore of symbols.ignores) {
      yield* uselessParts(symbols, ignore, { found: linesBefore(ignore).flatMap(line => byLine.get(line) ?? []), checks })
    }
  },
}

interface Around {
  /** What is found on the lines that it is about. */
  readonly found: readonly Diagnostic[]
  readonly checks: ReadonlyMap<string, Check>
}

function* uselessParts(symbols: Symbols, ignore: IgnoreSymbol, { found, checks }: Around): Iterable<Finding> {
  const { span, before, names } = ignore
  if (before === 'inside') yield { span, message: 'an ignore inside an object has no effect', hint: 'put it on the line before the rule' }
  else if (before === 'nothing') yield { span, message: 'no line follows that it could be about', hint: 'put it on the line before the rule, or delete it' }
  else if (names.length === 0) yield { span, message: 'it names no check to ignore', hint: 'write `# hookline-ignore NAME -- reason`' }
  if (before === 'inside' || before === 'nothing') return
  const isUsed = (name: string): boolean => found.some(finding => finding.check === name && ignoresFinding(ignore, finding))
  const stays = (name: string): boolean => {
    const check = checks.get(name)
    return check === undefined || mayComeAgain(check) || isUsed(name)
  }
  for (const { text: name, span: at } of names) {
    const check = checks.get(name)
    if (check === undefined) {
      yield {
        span: at, message: `no check \`${name}\``,
        ...choice(nearest(name, checks.keys()), text => ({ span: at, text }))
          ?? { hint: 'write the name that stands in brackets after a finding' },
      }
      continue
    }
    if (mayComeAgain(check)) continue
    // What a line that cannot be read holds is not known; and without a reason nothing is ignored.
    if (before === 'unreadable' || ignore.reason === undefined) continue
    const here = found.filter(finding => finding.check === name && isWithin(before, finding.span))
    if (isUsed(name)) continue
    yield here.length > 0
      ? { span: at, message: `\`${name}\` is an error here, and stays one`, hint: 'mend the line, and delete the ignore' }
      : {
        span: at, message: `nothing to ignore here: no \`${name}\` on the next line`,
        fix: {
          title: 'delete it',
          edits: names.some(other => stays(other.text)) ? nameRemoved(symbols, ignore, at) : [linesRemoved(symbols, span)],
        },
      }
  }
}

/** What it does not find now says nothing of tomorrow: servers are not asked, or will say something else. */
function mayComeAgain({ told, comesAndGoes }: Check): boolean {
  return told !== undefined || comesAndGoes === true
}

/** The name less, with what divides it from the next, or else from the one before. */
function nameRemoved({ files }: Symbols, { names }: IgnoreSymbol, span: Span): readonly Edit[] {
  const source = files.get(span.file)?.source
  if (source === undefined) return [{ span, text: '' }]
  const at = names.findIndex(name => name.span === span)
  const [before, after] = [names[at - 1], names[at + 1]]
  const [from, to] = after !== undefined ? [span.start, after.span.start] : [before?.span.end ?? span.start, span.end]
  return [{ span: spanOf(source, from.offset, to.offset), text: '' }]
}
