import { fieldText } from '../check/command-text.ts'
import { exampleTopic } from '../language/filter-algebra.ts'
import type { CommandTemplate, Step } from './program.ts'

/** What a rule does, in a clause: `on_message_publish of a/# into pool1, kept 3600 s`. */
export function stepWords(step: Step): string {
  const { filter, pool, expirySeconds, action } = step
  const what = action.kind === 'function' ? action.name : action.commands.map(commandWords).join(', ')
  return `${what}${filter === undefined ? '' : ` for ${filter}`} in ${pool}${expirySeconds === undefined ? '' : `, kept ${expirySeconds} s`}`
}

/** What is different in a rule of that hook and number, clause by clause. */
export function stepChanges(before: Step, after: Step): readonly string[] {
  return [...topicChange(before, after), ...actionChanges(before, after), ...expiryChange(before, after), ...poolChange(before, after)]
}

function topicChange(before: Step, after: Step): readonly string[] {
  if (before.filter === after.filter) return []
  const [was, is] = [before.filter ?? '#', after.filter ?? '#']
  const gained = exampleTopic([is], [was])
  const lost = exampleTopic([was], [is])
  const effect = [lost === undefined ? undefined : `no longer ${lost}`, gained === undefined ? undefined : `now ${gained}`].filter(part => part !== undefined)
  return [`topic: ${was} → ${is}${effect.length === 0 ? '' : ` (${effect.join(', ')})`}`]
}

function actionChanges({ action: before }: Step, { action: after }: Step): readonly string[] {
  if (before.kind === 'commands' && after.kind === 'commands') return commandChanges(before.commands.map(commandWords), after.commands.map(commandWords))
  const [was, is] = [before, after].map(action => action.kind === 'function' ? action.name : action.commands.map(commandWords).join(', '))
  return was === is ? [] : [`action: ${was ?? ''} → ${is ?? ''}`]
}

function commandChanges(before: readonly string[], after: readonly string[]): readonly string[] {
  const count = Math.max(before.length, after.length)
  return Array.from({ length: count }, (_, i) => {
    const [was, is] = [before[i], after[i]]
    if (was === is) return []
    const name = `command ${i + 1}`
    if (was === undefined) return [`${name} added: ${is ?? ''}`]
    return is === undefined ? [`${name} removed: ${was}`] : [`${name}: ${was} → ${is}`]
  }).flat()
}

function expiryChange({ expirySeconds: before }: Step, { expirySeconds: after }: Step): readonly string[] {
  return before === after ? [] : [`kept: ${expiryWords(before)} → ${expiryWords(after)}`]
}

function expiryWords(seconds: number | undefined): string {
  return seconds === undefined ? 'for ever' : `${seconds} s`
}

function poolChange({ pool: before }: Step, { pool: after }: Step): readonly string[] {
  return before === after ? [] : [`pool: ${before} → ${after}; what is in ${before} stays there`]
}

/** A command as it stands in a rules file, its name in capitals. */
function commandWords({ name, fields }: CommandTemplate): string {
  const texts = fields.map(parts => fieldText(parts.map(part => typeof part === 'string' ? part : `\${${part.placeholder}}`).join('')))
  return [name.toUpperCase(), ...texts].join(' ')
}
