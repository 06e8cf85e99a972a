import fc from 'fast-check'

const word = fc.stringMatching(/^[a-z0-9_-]{1,6}$/)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('#', 'a/#', 'queue/+', '$SYS/#', '温度/#', 'pool1', '"', '\\', '\uD800', '\0', '${clientid}', '${message}', '${', 'SET k ${topic} "a b"'),
)
const json = fc.json({ maxDepth: 3 })
const functions = fc.constantFrom('on_message_publish', 'on_client_connected', 'on_retain_lookup', 'on_message_fetch_for_queue', 'on_message_acked_for_queue', 'on_message_acked_for_pubsub', 'on_x')
const hooks = fc.constantFrom('message.publish', 'client.connected', 'session.subscribed', 'message.acked', 'message.deliver', 'message', 'x.y.z')

const rule = fc.record({
  topic: fc.oneof(text, fc.integer()),
  action: fc.oneof(fc.record({ function: functions }), fc.record({ commands: fc.array(text, { maxLength: 3 }) }), fc.constant({}), text),
  pool: fc.constantFrom('pool1', 'pool2', 7),
  expired_time: fc.oneof(fc.integer(), fc.double(), text),
}, { requiredKeys: [] }).map(value => JSON.stringify(value))

const ruleLine = fc.tuple(hooks, fc.oneof(fc.nat(20).map(String), word), fc.oneof({ weight: 4, arbitrary: rule }, json))
  .map(([hook, number, value]) => `backend.redis.hook.${hook}.${number} = ${value}`)
const brokenRuleLine = fc.tuple(ruleLine, fc.nat(120), text).map(([line, at, put]) => line.slice(0, at) + put + line.slice(at + 1))
const spreadRuleLine = fc.tuple(ruleLine, fc.constantFrom('\n', '\r\n', '\n# aside\n', '\n\n\t'))
  .map(([line, end]) => line.replace(/(?<=[{}]),?/g, part => part + end))
const nestedLine = fc.nat(60).map(depth => `backend.redis.hook.message.publish.1 = ${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
const settingLine = fc.tuple(
  fc.constantFrom(
    'backend.redis.pool1.server', 'backend.redis.pool1.type', 'backend.redis.pool2.sentinel', 'backend.redis.pool1.ssl', 'backend.redis.pool1.pool_size',
    'node.name', 'listener.tcp.external', 'listener.ws.x', 'mqtt.max_inflight', 'mqtt.idle_timeout', 'zone.x.y', 'backend.redis.rule.1',
    'backend.redis.msg.expired_after', String.raw`backend.redis.a\.b.server`, 'auth.redis.sentinel', 'nothing', 'backend.redis.hok.message.publish.1',
  ),
  fc.constantFrom(' = ', '=', '\t=\t', ' '),
  fc.oneof(text, fc.constantFrom('127.0.0.1:6379', 'embedded', 'on', '8', '30s', 'a:1,b:2', '${env:X}', '${file:/a', '{"action": "on_message_fetch"}')),
).map(parts => parts.join(''))
const otherLine = fc.oneof(text, fc.constantFrom('', '# comment', '# hookline-ignore no-expiry, x -- why', '# hookline-ignore', '  # "{', 'include a.conf', 'include b/*.conf', 'include', '}', '"a": 1}', '\uFEFF'))

/** Rules files as people, editors and accidents make them: most lines are almost right. */
export const ruleFiles = fc.tuple(
  fc.constantFrom('', '\uFEFF'),
  fc.array(fc.oneof({ weight: 4, arbitrary: ruleLine }, { weight: 3, arbitrary: settingLine }, brokenRuleLine, spreadRuleLine, nestedLine, otherLine), { maxLength: 12 }),
  fc.constantFrom('\n', '\r\n'),
).map(([mark, lines, end]) => mark + lines.join(end))
