import type { FunctionName } from '../actions/action.ts'
import { actionOf } from '../actions/index.ts'
import { KEY_TYPES } from '../actions/key-table.ts'
import { RECORD_FIELDS } from '../actions/message-record.ts'
import { keyTypeOf, type KeyType } from '../language/command-keys.ts'
import { isPlaceholder } from '../language/hook-name.ts'
import type { Placeholder } from '../language/hooks.ts'
import { expiryGiven, keyDoing, type KeyDoing } from '../language/key-doing.ts'
import { keyIndexes } from '../language/redis-commands.ts'
import type { CommandTemplate, FieldTemplate, Step } from '../plan/program.ts'
import { sampleEvent } from './sample-event.ts'
import { touchedKeys } from './touched-keys.ts'
import { stepEffects } from '../engine/rules.ts'

/** The keys that a rule touches, one of them for each event. */
export interface KeyPattern {
  readonly step: Step
  /** Fixed texts, and what is filled in. */
  readonly parts: FieldTemplate
  readonly does: KeyDoing
  /** Absent where it depends on what is there. */
  readonly type: KeyType | undefined
  /** Seconds from then on; absent: as long as before, and a new key for ever. */
  readonly expirySeconds: number | undefined
}

/** The keys of a rule, as its event fills them in. */
export function keyPatterns(step: Step): readonly KeyPattern[] {
  const { action } = step
  return action.kind === 'function' ? functionPatterns(step, action.name) : action.commands.flatMap((command) => commandPatterns(step, command))
}

/** As it is written: `mqtt:msg:${topic}`. */
export function patternText(parts: FieldTemplate): string {
  return parts.map((part) => typeof part === 'string' ? part : `\${${part.placeholder}}`).join('')
}

/** What its effects touch, with the placeholders themselves as values; of one that brings something, what it reads. */
function functionPatterns(step: Step, name: FunctionName): readonly KeyPattern[] {
  const { brings, keys } = actionOf(name)
  if (brings !== undefined) return keys.map((key) => ({ step, parts: partsOf(key), does: 'reads', type: KEY_TYPES.get(key), expirySeconds: undefined }))
  const details = { clientid: '${clientid}', node: '${node}', topic: '${topic}', msgid: '${msgid}', retain: true }
  const effects = [Buffer.from('x'), Buffer.alloc(0)].map((payload) => stepEffects(step, sampleEvent(step.hook, { ...details, payload }))).find(({ length }) => length > 0) ?? []
  return effects.flatMap(touchedKeys).map(({ key, does, type, expirySeconds }) => ({ step, parts: partsOf(key), does, type, expirySeconds }))
}

function partsOf(key: string): FieldTemplate {
  return key.split(/(\$\{\w+\})/).filter((text) => text !== '').map((text) => {
    const name = /^\$\{(\w+)\}$/.exec(text)?.[1]
    return name !== undefined && isPlaceholder(name) ? { placeholder: name } : text
  })
}

function commandPatterns(step: Step, { name, fields }: CommandTemplate): readonly KeyPattern[] {
  const args = fields.flatMap(argumentsOf)
  const texts = args.map((parts) => parts.every((part) => typeof part === 'string') ? parts.join('') : undefined)
  return keyIndexes(name, texts).flatMap((index) => {
    const parts = args[index]
    return parts === undefined ? [] : [{ step, parts, does: keyDoing(name, texts), type: keyTypeOf(name), expirySeconds: expiryGiven(name, texts) }]
  })
}

/** What the fields of a message are filled in with, where it is not what they are called. */
const SOURCES: ReadonlyMap<string, Placeholder> = new Map([['id', 'msgid'], ['from', 'clientid']])

function argumentsOf(field: FieldTemplate): readonly FieldTemplate[] {
  const [only] = field
  if (field.length !== 1 || typeof only !== 'object' || only.placeholder !== 'message') return [field]
  return RECORD_FIELDS.flatMap((name) => [[name], [{ placeholder: SOURCES.get(name) ?? name as Placeholder }]]) // the others are called as they are
}
