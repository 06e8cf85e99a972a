import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { nearest, oneOfThese } from '../diagnostic/did-you-mean.ts'
import type { Check, Finding } from './check.ts'
import { ignoresFinding, isWithin, type IgnoreSymbol } from './ignore.ts'

export const unusedIgnore: Check = {
  name: 'unused-ignore',
  severity: 'warning',
  doc: 'An ignore that finds nothing to ignore misleads, and may hide what comes later.',
  bad: `# hookline-ignore no-expiry -- an archive
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}`,
  good: `# hookline-ignore no-expiry -- an archive
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}`,
  find: () => [],
  *review({ ignores }, { found, names }) {
    for (const ignore of ignores) yield* uselessParts(ignore, found, names)
  },
}

function* uselessParts(ignore: IgnoreSymbol, found: readonly Diagnostic[], checks: readonly string[]): Iterable<Finding> {
  const { span, before, names } = ignore
  if (before === 'inside') yield { span, message: 'an ignore inside an object has no effect', hint: 'put it on the line before the rule' }
  else if (before === 'nothing') yield { span, message: 'no line follows that it could be about', hint: 'put it on the line before the rule, or delete it' }
  else if (names.length === 0) yield { span, message: 'it names no check to ignore', hint: 'write `# hookline-ignore NAME -- reason`' }
  if (before === 'inside' || before === 'nothing') return
  for (const { text: name, span: at } of names) {
    if (!checks.includes(name)) {
      const near = nearest(name, checks)
      yield { span: at, message: `no check \`${name}\``, hint: near.length > 0 ? `write ${oneOfThese(near)}` : 'write the name that stands in brackets after a finding' }
      continue
    }
    // What a line that cannot be read holds is not known; and without a reason nothing is ignored.
    if (before === 'unreadable' || ignore.reason === undefined) continue
    const here = found.filter(finding => finding.check === name && isWithin(before, finding.span))
    if (here.some(finding => ignoresFinding(ignore, finding))) continue
    yield here.length > 0
      ? { span: at, message: `\`${name}\` is an error here, and stays one`, hint: 'mend the line, and delete the ignore' }
      : { span: at, message: `nothing to ignore here: no \`${name}\` on the next line`, hint: 'delete it' }
  }
}
