import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // they load both cores of a machine on purpose, and measure it: `npm run test:hostile`
    exclude: process.env['HOSTILE'] === undefined ? ['test/hostile/hostile.test.ts'] : [],
    globalSetup: ['test/support/runtime-folder.ts'],
    // real servers and real time: generous deadlines, no watching
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
    // of tests of one file that are said to be concurrent: they start processes, and wait for most of their time
    maxConcurrency: 3,
  },
})
