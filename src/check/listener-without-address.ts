import type { Check } from './check.ts'

/** Listeners that are there without a line (SPEC 1.1). */
const DEFAULTS = new Set(['listener.tcp.external', 'listener.ws.external'])

export const listenerWithoutAddress: Check = {
  name: 'listener-without-address',
  severity: 'warning',
  doc: 'A path or certificate of a listener that no line opens has no effect.',
  bad: 'listener.ws.browsers.path = /chat',
  good: `listener.ws.browsers = 8093
listener.ws.browsers.path = /chat`,
  *find({ current, broken }) {
    const unreadable = new Set(broken.map(({ words }) => words.map(({ text }) => text).join('.')))
    const said = new Set<string>()
    for (const { setting: { key }, words, target } of current.values()) {
      const listener = words.slice(0, -1).join('.')
      if (target?.kind !== 'general' || !/^listener\.\w+\.<name>\.\w+$/.test(target.key) || said.has(listener)) continue
      if (current.has(listener) || DEFAULTS.has(listener) || unreadable.has(listener)) continue
      said.add(listener)
      yield {
        span: key.span, message: `\`${words.join('.')}\` is of a listener that no line opens; it has no effect`,
        hint: `add \`${listener} = host:port\``,
      }
    }
  },
}
