import type { Placeholder } from '../language/hooks.ts'
import type { CommandTemplate, FieldTemplate } from '../plan/program.ts'
import type { HookEvent } from './action.ts'
import type { Effect } from './effect.ts'
import { RECORD_FIELDS, recordFields } from './message-record.ts'
import { recordOf } from './record-of.ts'

/**
 * Fills in a rule's commands ("EMQ X 4.4 Redis backend", Redis command line parameters). The
 * template is split already: whatever a client puts into its id, topic or payload, the number of
 * arguments does not change. A placeholder without a value is an empty text.
 */
export function commandEffects(commands: readonly CommandTemplate[], event: HookEvent): Effect[] {
  return commands.map((command) => ({
    kind: 'command', name: command.name, args: command.fields.flatMap((field) => fill(field, event)),
  }))
}

function fill(field: FieldTemplate, event: HookEvent): (string | Buffer)[] {
  const [only] = field
  if (field.length === 1 && typeof only === 'object' && only.placeholder === 'message') return messagePairs(event)
  const values = field.map((part) => typeof part === 'string' ? part : valueOf(part.placeholder, event))
  if (values.every((value) => typeof value === 'string')) return [values.join('')]
  return [Buffer.concat(values.map((value) => typeof value === 'string' ? Buffer.from(value) : value))]
}

/** `${message}`: the seven field/value pairs as fourteen arguments [ours]. */
function messagePairs(event: HookEvent): (string | Buffer)[] {
  const values = recordFields(recordOf(event))
  return RECORD_FIELDS.flatMap((name, i) => [name, values[i] ?? ''])
}

function valueOf(placeholder: Placeholder, event: HookEvent): string | Buffer {
  switch (placeholder) {
    case 'clientid': return event.clientid
    case 'username': return event.username ?? ''
    case 'node': return event.node
    case 'ts': return String(event.ts)
    case 'msgid': return event.msgid ?? ''
    case 'topic': return event.topic ?? ''
    case 'payload': return event.payload ?? ''
    case 'qos': return event.qos === undefined ? '' : String(event.qos)
    case 'retain': return event.retain === true ? 'true' : 'false'
    case 'reason': return event.reason ?? ''
    case 'message': throw new Error('${message} stands alone in its field; the checks see to it')
    default: return placeholder satisfies never
  }
}
