import type { Check } from './check.ts'

export const includeEmptyGlob: Check = {
  name: 'include-empty-glob',
  severity: 'warning',
  doc: 'A pattern that matches no file may be meant to match one later; mostly it is misspelt.',
  bad: 'include conf.d/*.conf',
  good: 'include *.conf',
  *find({ includes }) {
    for (const { include: { path, span }, inclusion } of includes) {
      if (inclusion?.kind === 'read' && inclusion.sources.length === 0) {
        yield { span, message: `no file matches \`${path}\``, hint: 'correct the pattern; it is relative to the file with the include' }
      }
    }
  },
}
