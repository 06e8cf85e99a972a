import { describe, vi } from 'vitest'

// Whatever holds of a Redis holds of the store in this process: the same tests, on the other server.
vi.mock(import('./redis-server.ts'), async (original) => {
  const { startInProcessRedis } = await import('./in-process-redis.ts')
  return { ...await original(), startRedis: startInProcessRedis }
})

describe('the in-process store', async () => {
  await import('./effects.test.ts')
  await import('./reads.test.ts')
  await import('./old-data.test.ts')
  await import('./adopt.test.ts')
  await import('./channels.test.ts')
  await import('./bounded.test.ts')
  await import('./faults.test.ts')
})
