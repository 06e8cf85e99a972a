import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import type { Check } from './check.ts'

export const includeCycle: Check = {
  name: 'include-cycle',
  severity: 'error',
  doc: 'A file that includes itself, at once or through others, has no end.',
  bad: 'include example.conf',
  good: '# include example.conf',
  *find({ includes }) {
    for (const { include: { span }, inclusion } of includes) {
      if (inclusion?.kind !== 'cycle') continue
      const through = inclusion.through.length === 0 ? '' : ` through ${oneOfThese(inclusion.through, 'and')}`
      yield { span, message: `\`${inclusion.file}\` includes itself${through}`, hint: 'delete the line' }
    }
  },
}
