#!/usr/bin/env node
import { Command, CommanderError, Help } from 'commander'
import { packageVersion } from './version.ts'

interface Row {
  /** Its arguments, as its own file declares them. */
  readonly takes: string
  readonly does: string
  readonly load: () => Promise<Command>
}

/** Every subcommand: a file of its own and a row here. Only the one that is called is loaded: `lint` has no use for a Redis client. */
const COMMANDS: Readonly<Record<string, Row>> = {
  start: {
    takes: '<file|folder...>', does: 'run the broker on rules files; a change in them is taken over while it runs',
    load: async () => (await import('./start.ts')).startCommand(),
  },
  lint: {
    takes: '<file|folder...>', does: 'say what is wrong in rules files; needs no broker, and unless --online is given no Redis and no network',
    load: async () => (await import('./lint.ts')).lintCommand(),
  },
  fmt: {
    takes: '<file|folder...>', does: 'write rules files in the one canonical form; what they mean stays the same',
    load: async () => (await import('./fmt.ts')).fmtCommand(),
  },
  explain: {
    takes: '[name|file:line]', does: 'say what a name of the language is, or what a line of a rules file does',
    load: async () => (await import('./explain.ts')).explainCommand(),
  },
  migrate: {
    takes: '[file]', does: 'print an emqx_backend_redis.conf of EMQ X 2 to 4 as hookline would write it, and say what became of each line',
    load: async () => (await import('./migrate.ts')).migrateCommand(),
  },
  test: {
    takes: '[file|folder...]', does: 'play what rules files are tested with, and say what is not as expected; needs no broker and no Redis',
    load: async () => (await import('./test.ts')).testCommand(),
  },
  why: {
    takes: '<key>', does: 'list the rules that write, remove or read a key of Redis',
    load: async () => (await import('./why.ts')).whyCommand(),
  },
  'why-not': {
    takes: '', does: 'walk one event through every rule of its hook, and say which match and where the others fall out',
    load: async () => (await import('./why-not.ts')).whyNotCommand(),
  },
  adopt: {
    takes: '<pool>', does: 'let wildcard subscriptions find the topics that EMQ X left in a pool; exact ones need no help',
    load: async () => (await import('./adopt.ts')).adoptCommand(),
  },
  doctor: {
    takes: '[pool...]', does: 'look at the Redis of each pool and say which promises it can keep, and what to type where it cannot',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  acl: {
    takes: '<pool>', does: 'print the command that makes a user of Redis who may do what the rules of a pool need, and no more',
    load: async () => (await import('./acl.ts')).aclCommand(),
  },
  plan: {
    takes: '<file|folder...>', does: 'say what would change if a running broker loaded this file, and what its last events would have done differently',
    load: async () => (await import('./plan.ts')).planCommand(),
  },
  reload: {
    takes: '', does: 'let a running broker take over what its rules files say now, and wait for what came of it',
    load: async () => (await import('./reload.ts')).reloadCommand(),
  },
  status: {
    takes: '', does: 'say what a running broker does: its rules and what they have done, pools, listeners, clients',
    load: async () => (await import('./status.ts')).statusCommand(),
  },
  redis: {
    takes: '<command...>', does: "send one command to a running broker's Redis and print the reply as redis-cli would",
    load: async () => (await import('./redis.ts')).redisCommand(),
  },
}

const program = new Command('hookline')
  .description('An MQTT broker whose persistence in Redis is written as rule lines.')
  .version(packageVersion())
  // so that `redis` can leave what begins with a dash to the command that it sends
  .enablePositionalOptions()
  .configureHelp({ subcommandTerm: term })
  .exitOverride()

// The options of the program itself have no values.
const words = process.argv.slice(2).filter(word => !word.startsWith('-'))
const name = words[0] === 'help' ? words[1] : words[0]
const called = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name]
if (name !== undefined && called !== undefined) {
  const command = (await called.load()).description(called.does)
  program.addCommand(command.copyInheritedSettings(program))
} else {
  // Help, and the hint for a misspelt name, need no more of them than their rows.
  for (const [each, { does }] of Object.entries(COMMANDS)) program.command(each).description(does)
}

/** As commander writes it of a command that is loaded. */
function term(command: Command): string {
  const row = Object.hasOwn(COMMANDS, command.name()) ? COMMANDS[command.name()] : undefined
  return row === undefined ? new Help().subcommandTerm(command) : `${command.name()} [options] ${row.takes}`.trimEnd()
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  // Commander has said what is wrong. Fixed exit codes (SPEC 5.1): what cannot be done is 2.
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
