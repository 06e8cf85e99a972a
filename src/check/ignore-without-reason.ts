import type { Check } from './check.ts'

export const ignoreWithoutReason: Check = {
  name: 'ignore-without-reason',
  severity: 'warning',
  doc: 'Who reads the line later asks why; an ignore without its reason ignores nothing.',
  bad: `# hookline-ignore no-expiry
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1", "expired_time": 60}`,
  good: `# hookline-ignore no-expiry -- an archive, its disk is watched
backend.redis.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}`,
  *find({ ignores }) {
    for (const { span, reason } of ignores) {
      if (reason === undefined) yield { span, message: 'an ignore without its reason ignores nothing', hint: 'say why: `# hookline-ignore NAME -- reason`' }
    }
  },
}
