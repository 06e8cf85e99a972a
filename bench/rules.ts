import { readFileSync } from 'node:fs'

/** Rules that scenarios run hookline with, without the lines of pool and listeners. */

export const ONE_RULE = 'backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "expired_time": 3600, "pool": "pool1"}'

/** The rules of rules/hookline.conf. */
export const DEFAULT_RULES = readFileSync(new URL('../../rules/hookline.conf', import.meta.url), 'utf8')
  .split('\n').filter(line => line.startsWith('backend.redis.hook.')).join('\n')
