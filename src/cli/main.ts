#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { adoptCommand } from './adopt.ts'
import { doctorCommand } from './doctor.ts'
import { lintCommand } from './lint.ts'
import { redisCommand } from './redis.ts'
import { reloadCommand } from './reload.ts'
import { startCommand } from './start.ts'
import { statusCommand } from './status.ts'
import { packageVersion } from './version.ts'

/** Every subcommand: a file of its own and a line here. */
const COMMANDS: readonly (() => Command)[] = [
  startCommand, lintCommand, adoptCommand, doctorCommand, reloadCommand, statusCommand, redisCommand,
]

const program = new Command('hookline')
  .description('An MQTT broker whose persistence in Redis is written as rule lines.')
  .version(packageVersion())
  // so that `redis` can leave what begins with a dash to the command that it sends
  .enablePositionalOptions()
  .exitOverride()

for (const create of COMMANDS) program.addCommand(create().copyInheritedSettings(program))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // Commander has said what is wrong. Fixed exit codes (SPEC 5.1): what cannot be done is 2.
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
