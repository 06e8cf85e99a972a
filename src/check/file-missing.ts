import type { Check } from './check.ts'
import { missingReferences } from './missing-references.ts'

export const fileMissing: Check = {
  name: 'file-missing',
  severity: 'error',
  doc: 'A setting whose file cannot be read has no value.',
  bad: 'backend.redis.pool1.password = ${file:no-such-secret}',
  good: 'backend.redis.pool1.password = secret',
  *find(symbols) {
    for (const { kind, name, reason, span } of missingReferences(symbols)) {
      if (kind === 'file') yield { span, message: `\`${name}\` cannot be read: ${reason}`, hint: 'correct the path; it is relative to the file with the setting' }
    }
  },
}
