import { actionOf } from '../actions/index.ts'
import type { FunctionName } from '../actions/action.ts'
import { HOOKS } from '../language/hooks.ts'
import type { Finding } from './check.ts'
import { extentOf, lineAdded } from './edits.ts'
import type { FlowRule } from './flow-rule.ts'
import { freeNumber } from './free-number.ts'
import { expiredAfter } from './no-expiry.ts'
import type { Symbols } from './symbols.ts'

interface RuleParts {
  readonly name: FunctionName
  readonly filter: string | undefined
  readonly pool: string
  /** How many lines for the hook were shown before this one, so that all can be added. */
  readonly after?: number
}

/** A line that could be added behind a rule, with a number that is free. */
export function ruleAdded(symbols: Symbols, { symbol: { rule } }: Pick<FlowRule, 'symbol'>, parts: RuleParts): NonNullable<Finding['fix']> {
  const line = ruleLine(symbols, parts)
  return { title: `add \`${line}\``, edits: [lineAdded(symbols, extentOf(rule), line)] }
}

function ruleLine(symbols: Symbols, { name, filter, pool, after = 0 }: RuleParts): string {
  const { hooks: [hook], expires } = actionOf(name)
  if (hook === undefined) throw new Error(`${name} has no hook`)
  const members = [
    ...HOOKS[hook].hasTopic ? [`"topic": ${JSON.stringify(filter ?? '#')}`] : [],
    `"action": {"function": "${name}"}`,
    ...expires && (expiredAfter(symbols) ?? 0) <= 0 ? ['"expired_time": 3600'] : [],
    `"pool": ${JSON.stringify(pool)}`,
  ]
  return `backend.redis.hook.${hook}.${freeNumber(symbols, hook) + after} = {${members.join(', ')}}`
}
