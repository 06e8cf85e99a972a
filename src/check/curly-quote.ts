import type { Check } from './check.ts'

export const curlyQuote: Check = {
  name: 'curly-quote',
  severity: 'error',
  fix: 'safe',
  doc: 'Word processors and web pages put typographic quotes in place of the plain one that JSON needs.',
  bad: 'backend.redis.hook.client.connected.1 = {“action”: {"function": "on_client_connected"}, "pool": "pool1"}',
  good: 'backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}',
  find: ({ faults }) => faults.filter(({ check }) => check === 'curly-quote').map(({ message, span, hint, fix }) => ({ message, span, hint, fix })),
}
