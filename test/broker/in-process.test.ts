import { describe, vi } from 'vitest'

// Clients see no difference: the same tests, on the in-process store.
vi.mock(import('../store/redis-server.ts'), async (original) => {
  const { startInProcessRedis } = await import('../store/in-process-redis.ts')
  return { ...await original(), startRedis: startInProcessRedis }
})

describe('the walk-through on the in-process store', async () => { await import('./walkthrough.test.ts') })
describe('stored messages in the in-process store', async () => { await import('./stored-messages.test.ts') })
describe('retained messages in the in-process store', async () => { await import('./retained-messages.test.ts') })
describe('presence in the in-process store', async () => { await import('./presence.test.ts') })
describe('proxy subscriptions of the in-process store', async () => { await import('./proxy-subscriptions.test.ts') })
describe('commands on the in-process store', async () => { await import('./commands.test.ts') })
describe('persistent sessions on the in-process store', async () => { await import('./persistent-sessions.test.ts') })
