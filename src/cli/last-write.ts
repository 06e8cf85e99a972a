import type { LastWriteAnswer, LastWriteQuestion } from '../server/routes.ts'
import { askBroker } from './ask-broker.ts'
import type { FoundBroker } from './find-broker.ts'
import { eventText } from './plan-text.ts'
import { counted, duration } from './quantities.ts'

/** Thousands of events may be looked at. Milliseconds. */
const LOOK_MS = 30_000

/** When and by what event a key was last written, as far as the broker remembers; else why not, in a sentence. */
export async function askLastWrite({ socket }: FoundBroker, key: string): Promise<LastWriteAnswer | string> {
  const body: LastWriteQuestion = { key }
  const answer = await askBroker(socket, { method: 'POST', path: '/last-write', body, timeoutMs: LOOK_MS })
  return answer.ok ? answer.body as LastWriteAnswer : answer.sentence // our own broker said so
}

export function lastWriteText({ write, events, from }: LastWriteAnswer, now: number): string {
  if (events === 0 || from === null) return 'the broker remembers no event (events.keep)\n'
  if (write === null) return `none of the last ${counted(events, 'event')} (${duration((now - from) / 1_000)}) has written it\n`
  return `last: ${write.rule} ${write.does} it, for ${eventText(write.event, now)}\n`
}
