#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { packageVersion } from './version.ts'

/** Every subcommand: a file of its own and a line here. Only the one that is called is loaded: `lint` has no use for a Redis client. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  lint: async () => (await import('./lint.ts')).lintCommand(),
  fmt: async () => (await import('./fmt.ts')).fmtCommand(),
  explain: async () => (await import('./explain.ts')).explainCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  test: async () => (await import('./test.ts')).testCommand(),
  why: async () => (await import('./why.ts')).whyCommand(),
  'why-not': async () => (await import('./why-not.ts')).whyNotCommand(),
  adopt: async () => (await import('./adopt.ts')).adoptCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  acl: async () => (await import('./acl.ts')).aclCommand(),
  plan: async () => (await import('./plan.ts')).planCommand(),
  reload: async () => (await import('./reload.ts')).reloadCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  redis: async () => (await import('./redis.ts')).redisCommand(),
}

const program = new Command('hookline')
  .description('An MQTT broker whose persistence in Redis is written as rule lines.')
  .version(packageVersion())
  // so that `redis` can leave what begins with a dash to the command that it sends
  .enablePositionalOptions()
  .exitOverride()

const [, , called = ''] = process.argv
// Help, and the hint for a misspelt name, need all of them.
const names = Object.hasOwn(COMMANDS, called) ? [called] : Object.keys(COMMANDS)
for (const name of names) {
  const command = await COMMANDS[name]?.()
  if (command !== undefined) program.addCommand(command.copyInheritedSettings(program))
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // Commander has said what is wrong. Fixed exit codes (SPEC 5.1): what cannot be done is 2.
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
