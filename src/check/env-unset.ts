import type { Check } from './check.ts'
import { missingReferences } from './missing-references.ts'

export const envUnset: Check = {
  name: 'env-unset',
  severity: 'error',
  doc: 'A setting whose variable is not set has no value. Where the variables of production are not at hand, `lint --allow-unset-env` makes it a warning.',
  comesAndGoes: true,
  bad: 'backend.redis.pool1.password = ${env:HOOKLINE_EXAMPLE_NOT_SET}',
  good: 'backend.redis.pool1.password = secret',
  *find(symbols) {
    for (const { kind, name, span } of missingReferences(symbols)) {
      if (kind === 'env') yield { span, message: `the variable \`${name}\` is not set`, hint: `set it: ${name}=..` }
    }
  },
}
