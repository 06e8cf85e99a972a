import type { Situation } from './situation.ts'

const RULES = `# Where Redis is
backend.redis.pool1.server = 10.0.0.5:6379
# hookline-ignore secret-in-file -- only for the demonstration
backend.redis.pool1.password = hunter2

include more.conf
backend.redis.hook.message.publish.1 = {"topic": "sensors/+/temp",
  # for a day
  "action": {"function": "on_message_publish"},
  "expired_time": 86400, "pool": "pool1"}
backend.redis.hook.session.subscribed.1 = {"topic": "sensors/#", "action": {"function": "on_message_fetch_for_pubsub"}, "pool": "pool1"}
backend.redis.hook.message.acked.1 = {"topic": "sensors/#", "action": {"function": "on_message_acked_for_pubsub"}, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "sensors/+/temp", "action": {"commands": ["SET last:\${topic} \${payload} EX 86400", "ECHO x", "JSON.SET doc:\${clientid} $ 1"]}, "pool": "pool1"}
`

const MORE = `backend.redis.msg.expired_after = 60
backend.redis.hook.client.connected.1 = {"topic": "a", "action": {"function": "on_client_connected"}, "pool": "pool1"}
backend.redis.hook.client.connected.1 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}
backend.redis.hook.message.publish.3 = {"topic": "keep/#", "action": {"function": "on_message_store_keep_latest"}, "pool": "pool1"}
zone.external.idle_timeout = 15s
backend.redis.rule.7 = {"action": "on_message_acked", "filter": "$share/g/jobs/+", "pool": "pool2"}
this is nothing
backend.redis.pool1.pool_size = many
backend.redis.hok.message.publish.4 = {}
`

const FILES = { 'rules.conf': RULES, 'more.conf': MORE }

function line(name: string, place: string): Situation {
  return { name: `explain-line-${name}`, line: `hookline explain ${place}`, exit: 0, files: FILES }
}

/** What `explain` says of names and of lines. */
export const EXPLAINED: readonly Situation[] = [
  { name: 'explain-a-check', line: 'hookline explain no-expiry', exit: 0 },
  { name: 'explain-a-hook', line: 'hookline explain message.publish', exit: 0 },
  { name: 'explain-two-meanings', line: 'hookline explain topic', exit: 0 },
  { name: 'explain-a-function', line: 'hookline explain on_message_fetch', exit: 0 },
  { name: 'explain-a-setting', line: 'hookline explain backend.redis.pool1.sentinel', exit: 0 },
  { name: 'explain-a-key', line: 'hookline explain mqtt:clock', exit: 0 },
  { name: 'explain-as-json', line: 'hookline explain --json topic', exit: 0 },
  { name: 'explain-line-as-json', line: 'hookline explain --json rules.conf:13', exit: 0, files: FILES },
  { name: 'explain-line-of-several-as-json', line: 'hookline explain --json rules.conf:9', exit: 0, files: FILES },
  { name: 'explain-line-with-a-secret-as-json', line: 'hookline explain --json rules.conf:4 -f rules.conf', exit: 0, files: FILES },
  { name: 'explain-no-such-name', line: 'hookline explain no-expirey', exit: 2 },
  { name: 'explain-nothing-like-it', line: 'hookline explain something-else-altogether', exit: 2 },

  line('of-several', 'rules.conf:9'),
  line('of-subscriptions', 'rules.conf:11'),
  line('of-commands', './rules.conf:13:5'),
  line('with-a-secret', 'rules.conf:4'),
  line('of-a-setting', 'rules.conf:2'),
  line('comment', 'rules.conf:1'),
  line('ignore', 'rules.conf:3'),
  line('empty', 'rules.conf:5'),
  line('include', 'rules.conf:6'),
  line('of-another-file', 'more.conf:4 -f rules.conf'),
  line('overridden', 'more.conf:2 -f rules.conf'),
  line('foreign', 'more.conf:5'),
  line('old', 'more.conf:6'),
  line('unreadable', 'more.conf:7'),
  line('bad-value', 'more.conf:8'),
  line('stray', 'more.conf:9'),
  { name: 'explain-no-such-line', line: 'hookline explain rules.conf:99', exit: 2, files: FILES },
  { name: 'explain-no-such-file', line: 'hookline explain none.conf:1', exit: 2, files: FILES },
  { name: 'explain-another-file', line: 'hookline explain none.conf:1 -f rules.conf', exit: 2, files: FILES },
]
