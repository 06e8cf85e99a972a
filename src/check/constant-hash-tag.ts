import type { Check } from './check.ts'
import { choice } from './choice.ts'
import { rulesOnClusters } from './cluster-pools.ts'
import { fieldText } from './command-text.ts'
import { callsOf } from './redis-call.ts'
import { tagged } from './slots.ts'
import { tagOf, written, type Template } from './template.ts'

export const constantHashTag: Check = {
  name: 'constant-hash-tag',
  severity: 'warning',
  fix: 'offered',
  doc: 'On a cluster the text in `{}` decides where a key is: where it is the same for all keys, one node has them all. Said once for a key.',
  bad: `backend.redis.pool1.type = cluster
backend.redis.pool1.server = 127.0.0.1:7000
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET {last}:\${clientid} \${ts}"]}, "pool": "pool1"}`,
  good: `backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"commands": ["SET last:{\${clientid}} \${ts}"]}, "pool": "pool1"}`,
  *find(symbols) {
    const said = new Set<string>()
    for (const { template, field } of callsOf(rulesOnClusters(symbols)).flatMap(({ keys }) => keys)) {
      const { tag, fixed } = tagOf(template)
      const varies = template.find(part => part.kind === 'placeholder')
      if (varies === undefined || !fixed || said.has(written(template))) continue
      said.add(written(template))
      yield {
        span: field.span, message: `every \`${written(template)}\` is in the slot of \`${tag}\`: one node of the cluster has them all`,
        ...choice([tagged(withoutTag(template, tag), varies.name)], text => ({ span: field.span, text: fieldText(text) })),
      }
    }
  },
}

function withoutTag(template: Template, tag: string): Template {
  return template.map(part => part.kind === 'text' ? { ...part, text: part.text.replace(`{${tag}}`, () => tag) } : part)
}
