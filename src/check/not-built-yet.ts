import { rowOf } from '../language/setting-table.ts'
import type { Check, Finding } from './check.ts'
import type { Symbols } from './symbols.ts'

export const notBuiltYet: Check = {
  name: 'not-built-yet',
  severity: 'warning',
  doc: 'Part of the language, and not built yet: said, so that nobody relies on it. An error where nothing works without it.',
  bad: 'management.listener.http = 127.0.0.1:18083',
  good: 'management.listener.http = off',
  *find(symbols) {
    yield* settings(symbols)
  },
}

function* settings({ settings: all }: Symbols): Iterable<Finding> {
  for (const { setting: { key, value }, target, repeatedBy } of all) {
    const row = target === undefined ? undefined : rowOf(target)
    if (row?.unbuilt === undefined || repeatedBy !== undefined || value.missing !== undefined) continue
    const { severity, what, except } = row.unbuilt
    // What is no value at all is said elsewhere.
    if (except?.includes(value.text) === true || row.value.read(value.text) === undefined) continue
    yield severity === 'error'
      ? { severity, span: value.span, message: `${what} is not supported yet`, hint: 'delete the line' }
      : { severity, span: key.span, message: `${what} is not supported yet; the line has no effect`, hint: 'delete the line' }
  }
}
