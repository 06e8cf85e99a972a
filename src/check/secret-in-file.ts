import type { Check } from './check.ts'
import { hasReferences } from './fill-in.ts'

export const secretInFile: Check = {
  name: 'secret-in-file',
  severity: 'warning',
  fix: 'offered',
  doc: 'A password in a rules file is in its copies, its backups and its version control too.',
  bad: 'backend.redis.pool1.password = hunter2',
  good: 'backend.redis.pool1.username = hookline',
  *find({ settings }) {
    for (const { setting: { key, value }, target, isVariable } of settings) {
      if (target?.kind !== 'pool' || target.option !== 'password') continue
      if (isVariable || hasReferences(value)) continue
      const reference = '${env:REDIS_PASSWORD}'
      const title = `write \`backend.redis.${target.pool}.password = ${reference}\``
      // The place is the key's: not even the length of the password is said.
      yield {
        span: key.span, message: `the password of \`${target.pool}\` stands in the file for everyone to read`,
        hint: `${title}, or \`\${file:/run/secrets/redis}\``,
        fix: { title, edits: [{ span: value.span, text: reference }] },
      }
    }
  },
}
