import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { plainSpan } from '../diagnostic/line-span.ts'
import { ackCoversLess } from './ack-covers-less.ts'
import { ackWithoutFetch } from './ack-without-fetch.ts'
import { actionShape } from './action-shape.ts'
import { ambiguousJoin } from './ambiguous-join.ts'
import { badValue } from './bad-value.ts'
import { bareWordPlaceholder } from './bare-word-placeholder.ts'
import { blockingCommand } from './blocking-command.ts'
import { caseNearMiss } from './case-near-miss.ts'
import { channelOnCluster } from './channel-on-cluster.ts'
import type { Check, Finding } from './check.ts'
import { commandNameTemplated } from './command-name-templated.ts'
import { connectedWithoutDisconnected } from './connected-without-disconnected.ts'
import { connectionState } from './connection-state.ts'
import { constantHashTag } from './constant-hash-tag.ts'
import { crossSlotBatch } from './cross-slot-batch.ts'
import { crossSlotCommand } from './cross-slot-command.ts'
import { coveredByTwoPools } from './covered-by-two-pools.ts'
import { curlyQuote } from './curly-quote.ts'
import { dangerous } from './dangerous.ts'
import { databaseOnCluster } from './database-on-cluster.ts'
import { deprecatedCommand } from './deprecated-command.ts'
import { duplicateJsonKey } from './duplicate-json-key.ts'
import { duplicateRule } from './duplicate-rule.ts'
import { duplicateRuleNumber } from './duplicate-rule-number.ts'
import { envInRule } from './env-in-rule.ts'
import { envUnset } from './env-unset.ts'
import { evalNumkeys } from './eval-numkeys.ts'
import { evictsMessages } from './evicts-messages.ts'
import { expiredTimeIgnored } from './expired-time-ignored.ts'
import { expiryDiffers } from './expiry-differs.ts'
import { expiryLooksLikeMs } from './expiry-looks-like-ms.ts'
import { expiryNotPositive } from './expiry-not-positive.ts'
import { fetchAckKindMismatch } from './fetch-ack-kind-mismatch.ts'
import { fetchWithoutAck } from './fetch-without-ack.ts'
import { fetchWithoutStore } from './fetch-without-store.ts'
import { fileMissing } from './file-missing.ts'
import { foreignSetting } from './foreign-setting.ts'
import { functionWrongHook } from './function-wrong-hook.ts'
import { heedIgnores } from './ignore.ts'
import { ignoreWithoutReason } from './ignore-without-reason.ts'
import { includeCycle } from './include-cycle.ts'
import { includeEmptyGlob } from './include-empty-glob.ts'
import { includeMissing } from './include-missing.ts'
import { invalidFilterHash } from './invalid-filter-hash.ts'
import { invalidFilterPlus } from './invalid-filter-plus.ts'
import { leadingOrEmptyLevel } from './leading-or-empty-level.ts'
import { listenerWithoutAddress } from './listener-without-address.ts'
import { listenerWithoutCertificate } from './listener-without-certificate.ts'
import { keyTypeConflict } from './key-type-conflict.ts'
import { memberType } from './member-type.ts'
import { messageNotAlone } from './message-not-alone.ts'
import { needsNewerServer } from './needs-newer-server.ts'
import { noExpiry } from './no-expiry.ts'
import { notBuiltYet } from './not-built-yet.ts'
import { notFormatted } from './not-formatted.ts'
import { numberOrder } from './number-order.ts'
import { oldForm } from './old-form.ts'
import { oddPairs } from './odd-pairs.ts'
import { overlapDoubleStore } from './overlap-double-store.ts'
import { payloadInKey } from './payload-in-key.ts'
import { placeholderUnavailable } from './placeholder-unavailable.ts'
import { poolMissing } from './pool-missing.ts'
import { poolOptionIgnored } from './pool-option-ignored.ts'
import { poolSplitFlow } from './pool-split-flow.ts'
import { poolUnreachable } from './pool-unreachable.ts'
import { poolWithoutServer } from './pool-without-server.ts'
import { remotePlaintext } from './remote-plaintext.ts'
import { repeatedSetting } from './repeated-setting.ts'
import { resultThrownAway } from './result-thrown-away.ts'
import { retainLookupWithoutStore } from './retain-lookup-without-store.ts'
import { retainWithoutDelete } from './retain-without-delete.ts'
import { secretInFile } from './secret-in-file.ts'
import { shareInFilter } from './share-in-filter.ts'
import type { Symbols } from './symbols.ts'
import { syntax } from './syntax.ts'
import { templateInScript } from './template-in-script.ts'
import type { Told } from './told.ts'
import { topicMissing } from './topic-missing.ts'
import { topicOnTopiclessHook } from './topic-on-topicless-hook.ts'
import { ttlDropped } from './ttl-dropped.ts'
import { twoSpaces } from './two-spaces.ts'
import { unboundedCollection } from './unbounded-collection.ts'
import { undefinedPool } from './undefined-pool.ts'
import { unknownCommand } from './unknown-command.ts'
import { unknownField } from './unknown-field.ts'
import { unknownFunction } from './unknown-function.ts'
import { unknownHook } from './unknown-hook.ts'
import { unknownPlaceholder } from './unknown-placeholder.ts'
import { unknownSection } from './unknown-section.ts'
import { unknownSetting } from './unknown-setting.ts'
import { unusedIgnore } from './unused-ignore.ts'
import { unusedPool } from './unused-pool.ts'
import { userMayNot } from './user-may-not.ts'
import { wrongArity } from './wrong-arity.ts'

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
  includeMissing,
  includeCycle,
  includeEmptyGlob,
  oldForm,
  notBuiltYet,
  // references
  undefinedPool,
  unusedPool,
  duplicateRuleNumber,
  numberOrder,
  unknownHook,
  poolMissing,
  poolWithoutServer,
  coveredByTwoPools,
  poolOptionIgnored,
  listenerWithoutAddress,
  listenerWithoutCertificate,
  envInRule,
  envUnset,
  fileMissing,
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
  ackWithoutFetch,
  fetchWithoutStore,
  fetchAckKindMismatch,
  ackCoversLess,
  retainLookupWithoutStore,
  retainWithoutDelete,
  connectedWithoutDisconnected,
  poolSplitFlow,
  invalidFilterHash,
  invalidFilterPlus,
  shareInFilter,
  leadingOrEmptyLevel,
  overlapDoubleStore,
  duplicateRule,
  caseNearMiss,
  noExpiry,
  expiryLooksLikeMs,
  expiryNotPositive,
  expiryDiffers,
  // Redis commands
  unknownCommand,
  wrongArity,
  oddPairs,
  blockingCommand,
  connectionState,
  dangerous,
  twoSpaces,
  payloadInKey,
  unboundedCollection,
  ttlDropped,
  deprecatedCommand,
  evalNumkeys,
  resultThrownAway,
  // keys and cluster
  crossSlotCommand,
  crossSlotBatch,
  keyTypeConflict,
  ambiguousJoin,
  databaseOnCluster,
  constantHashTag,
  channelOnCluster,
  // security, hygiene
  secretInFile,
  remotePlaintext,
  templateInScript,
  ignoreWithoutReason,
  notFormatted,
  unusedIgnore,
  // what servers say
  poolUnreachable,
  userMayNot,
  needsNewerServer,
  evictsMessages,
]

export interface CheckOptions {
  /** The names of all files, in their order. */
  readonly files: readonly string[]
  readonly unsetEnv: 'error' | 'warning'
  readonly inlineIgnores: boolean
  /** How the files are laid out is looked at too. */
  readonly layout: boolean
  readonly told: Told
}

/** What all checks find and no line says to ignore, in the order of the files. */
export function runChecks(symbols: Symbols, { files, unsetEnv, inlineIgnores, layout, told }: CheckOptions): readonly Diagnostic[] {
  const heeded = inlineIgnores ? symbols : { ...symbols, ignores: [] }
  const severities: Readonly<Record<string, Diagnostic['severity']>> = { [envUnset.name]: unsetEnv }
  const diagnostic = (check: Check, { message, span, hint, related, fix, severity }: Finding): Diagnostic => {
    const made: { -readonly [K in keyof Diagnostic]: Diagnostic[K] } = {
      check: check.name, message, span: plainSpan(span), severity: severity ?? severities[check.name] ?? check.severity,
    }
    const says = hint ?? fix?.title
    if (says !== undefined) made.hint = says
    if (related !== undefined) made.related = related.map(it => ({ span: plainSpan(it.span), message: it.message }))
    // what a variable sets is in no file that could be mended
    if (fix?.edits.every(edit => symbols.files.has(edit.span.file)) === true) {
      made.fix = { title: fix.title, edits: fix.edits.map(edit => ({ span: plainSpan(edit.span), text: edit.text })), safe: fix.safe ?? check.fix === 'safe' }
    }
    return made
  }
  const checks = layout ? CHECKS : CHECKS.filter(check => check !== notFormatted)
  const found = checks.flatMap(check => Array.from(check.find(heeded, told), finding => diagnostic(check, finding)))
  const byName = new Map(CHECKS.map(check => [check.name, check]))
  for (const check of checks) found.push(...Array.from(check.review?.(heeded, { found, checks: byName }) ?? [], finding => diagnostic(check, finding)))
  const place = new Map(files.map((file, i) => [file, i]))
  return eachOnce(heedIgnores(heeded.ignores, found)).sort((a, b) =>
    (place.get(a.span.file) ?? 0) - (place.get(b.span.file) ?? 0) || a.span.start.offset - b.span.start.offset)
}

/** A file that is included twice has its mistakes once. */
function eachOnce(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map(it => [`${it.span.start.offset} ${it.span.end.offset} ${it.check} ${it.span.file}\0${it.message}`, it])).values()]
}
