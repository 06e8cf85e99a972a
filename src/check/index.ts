import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { actionShape } from './action-shape.ts'
import { badValue } from './bad-value.ts'
import { bareWordPlaceholder } from './bare-word-placeholder.ts'
import type { Check } from './check.ts'
import { commandNameTemplated } from './command-name-templated.ts'
import { curlyQuote } from './curly-quote.ts'
import { duplicateJsonKey } from './duplicate-json-key.ts'
import { duplicateRuleNumber } from './duplicate-rule-number.ts'
import { envInRule } from './env-in-rule.ts'
import { expiredTimeIgnored } from './expired-time-ignored.ts'
import { fetchWithoutAck } from './fetch-without-ack.ts'
import { foreignSetting } from './foreign-setting.ts'
import { functionWrongHook } from './function-wrong-hook.ts'
import { invalidFilterHash } from './invalid-filter-hash.ts'
import { invalidFilterPlus } from './invalid-filter-plus.ts'
import { listenerWithoutCertificate } from './listener-without-certificate.ts'
import { memberType } from './member-type.ts'
import { messageNotAlone } from './message-not-alone.ts'
import { noExpiry } from './no-expiry.ts'
import { notBuiltYet } from './not-built-yet.ts'
import { numberOrder } from './number-order.ts'
import { placeholderUnavailable } from './placeholder-unavailable.ts'
import { poolMissing } from './pool-missing.ts'
import { poolOptionIgnored } from './pool-option-ignored.ts'
import { poolWithoutServer } from './pool-without-server.ts'
import { repeatedSetting } from './repeated-setting.ts'
import type { Symbols } from './symbols.ts'
import { syntax } from './syntax.ts'
import { topicMissing } from './topic-missing.ts'
import { topicOnTopiclessHook } from './topic-on-topicless-hook.ts'
import { undefinedPool } from './undefined-pool.ts'
import { unknownField } from './unknown-field.ts'
import { unknownFunction } from './unknown-function.ts'
import { unknownHook } from './unknown-hook.ts'
import { unknownPlaceholder } from './unknown-placeholder.ts'
import { unknownSection } from './unknown-section.ts'
import { unknownSetting } from './unknown-setting.ts'
import { unusedPool } from './unused-pool.ts'

/** All checks, in the order of the reference. To add one: a file beside this one and a line here. */
export const CHECKS: readonly Check[] = [
  // reading
  syntax,
  curlyQuote,
  unknownField,
  duplicateJsonKey,
  unknownSection,
  unknownSetting,
  foreignSetting,
  badValue,
  repeatedSetting,
  memberType,
  listenerWithoutCertificate,
  notBuiltYet,
  // references
  undefinedPool,
  unusedPool,
  duplicateRuleNumber,
  numberOrder,
  unknownHook,
  poolMissing,
  poolWithoutServer,
  poolOptionIgnored,
  envInRule,
  // hook and action
  functionWrongHook,
  unknownFunction,
  topicOnTopiclessHook,
  topicMissing,
  placeholderUnavailable,
  unknownPlaceholder,
  messageNotAlone,
  bareWordPlaceholder,
  commandNameTemplated,
  actionShape,
  expiredTimeIgnored,
  // flows, topics, growth
  fetchWithoutAck,
  invalidFilterHash,
  invalidFilterPlus,
  noExpiry,
]

/** What all checks find, in the order of the files. */
export function runChecks(symbols: Symbols, files: readonly string[]): readonly Diagnostic[] {
  const place = new Map(files.map((file, i) => [file, i]))
  const diagnostics = CHECKS.flatMap(check =>
    Array.from(check.find(symbols), (finding): Diagnostic => ({ check: check.name, ...finding, severity: finding.severity ?? check.severity })))
  return diagnostics.sort((a, b) =>
    (place.get(a.span.file) ?? 0) - (place.get(b.span.file) ?? 0) || a.span.start.offset - b.span.start.offset)
}
