import type { Check } from './check.ts'

/** Where settings come from that stand in no file (SPEC 1). */
const ENVIRONMENT = 'env'

export const secretInFile: Check = {
  name: 'secret-in-file',
  severity: 'warning',
  doc: 'A password in a rules file is in its copies, its backups and its version control too.',
  bad: 'backend.redis.pool1.password = hunter2',
  good: '# HOOKLINE_BACKEND__REDIS__POOL1__PASSWORD is set in the environment',
  *find({ settings }) {
    for (const { setting: { key, value }, target } of settings) {
      if (target?.kind !== 'pool' || target.option !== 'password') continue
      if (key.span.file === ENVIRONMENT || value.parts.some(({ kind }) => kind !== 'text')) continue
      // The place is the key's: not even the length of the password is said.
      yield {
        span: key.span, message: `the password of \`${target.pool}\` stands in the file for everyone to read`,
        hint: `write \`backend.redis.${target.pool}.password = \${env:REDIS_PASSWORD}\`, or \`\${file:/run/secrets/redis}\``,
      }
    }
  },
}
