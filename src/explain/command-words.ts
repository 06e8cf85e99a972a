import { type RedisCall } from '../check/redis-call.ts'
import { written } from '../check/template.ts'
import { summaryOf } from '../language/command-summaries.ts'
import { duration } from '../language/values.ts'

/** A command of a rule in a clause: what it does, to which keys, and when they expire, as far as that is known. */
export function commandWords(call: RedisCall): string {
  const { name, title, known } = call
  const keys = call.keys.map(({ template }) => `\`${written(template)}\``)
  const does = summaryOf(name) ?? (known === undefined ? 'is no command of Redis itself' : keys.length === 0 ? 'is sent as it is' : known.readOnly ? 'reads' : 'changes what is there')
  const seconds = expirySeconds(call)
  return [`\`${title}\` ${does}`, ...keys.length > 0 ? [`at ${keys.join(' and ')}`] : [], ...seconds === undefined ? [] : [`kept ${secondsText(seconds)}`]].join(', ')
}

/** Seconds, and in a larger unit where they are a whole number of it. */
export function secondsText(seconds: number): string {
  const short = duration(0, Infinity).write(seconds * 1_000)
  return short === `${seconds}s` ? `${seconds} s` : `${seconds} s (${short})`
}

/** Where commands have a time to live, among their arguments, and milliseconds of its unit (redis.io/commands). */
const TIMES: Readonly<Record<string, { readonly at: number, readonly unitMs: number }>> = {
  expire: { at: 1, unitMs: 1_000 }, setex: { at: 1, unitMs: 1_000 }, pexpire: { at: 1, unitMs: 1 }, psetex: { at: 1, unitMs: 1 },
}

function expirySeconds({ name, texts }: RedisCall): number | undefined {
  const option = name === 'set' || name === 'getex' ? texts.findIndex((text, i) => i > 0 && /^p?ex$/i.test(text ?? '')) : -1
  const time = Object.hasOwn(TIMES, name) ? TIMES[name] : option === -1 ? undefined : { at: option + 1, unitMs: /^p/i.test(texts[option] ?? '') ? 1 : 1_000 }
  const amount = Number(texts[time?.at ?? -1])
  return time === undefined || !Number.isFinite(amount) ? undefined : amount * time.unitMs / 1_000
}
