import { lineText, spanOf } from '../diagnostic/source-text.ts'
import { formatting } from '../syntax/format.ts'
import type { Check } from './check.ts'
import { heedIgnores } from './ignore.ts'

export const notFormatted: Check = {
  name: 'not-formatted',
  severity: 'info',
  fix: 'safe',
  doc: 'Files in one form are easier to read and to compare. Said once for a file, at the first place, and only where nothing else is found in it: what it means comes first.',
  comesAndGoes: true,
  bad: 'backend.redis.hook.client.disconnected.1= { "action" : {"function":"on_client_disconnected"}, "pool":"pool1" }\n',
  good: 'backend.redis.hook.client.disconnected.1 = {"action": {"function": "on_client_disconnected"}, "pool": "pool1"}\n',
  find: () => [],
  *review({ files, ignores }, { found }) {
    const others = new Set(heedIgnores(ignores, found).map(({ span }) => span.file))
    for (const [name, file] of files) {
      if (others.has(name)) continue
      const edits = formatting(file)
      const [first] = edits
      if (first === undefined) continue
      const { offset, line } = first.span.start
      yield {
        span: spanOf(file.source, offset, offset + lineText(file.source, line).length),
        message: 'from here on the file is not as `hookline fmt` writes it',
        fix: { title: 'run `hookline fmt`', edits },
      }
    }
  },
}
