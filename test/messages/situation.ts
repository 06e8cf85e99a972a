import type { Stage } from './stage.ts'

/** A command line, how it ends (SPEC 5.1), and what must be so that it ends so. */
export interface Situation {
  /** Of the golden file. */
  readonly name: string
  /** As it is typed. */
  readonly line: string
  readonly exit: 0 | 1 | 2
  /** In the folder in which it is typed; {@link Stage.fill} says what `{redis}` and its like become. */
  readonly files?: Readonly<Record<string, string>>
  readonly env?: NodeJS.ProcessEnv
  /** A folder in it in which it is typed instead. */
  readonly cwd?: string
  readonly stdin?: string
  /** Rules files of brokers that run meanwhile. */
  readonly brokers?: readonly string[]
  /** What has happened since they run. */
  readonly before?: (stage: Stage) => void | Promise<void>
  /** Those brokers notice a save. The others do not, so that it is for the command to make it known. */
  readonly watched?: true
  /** Lines that come as often as it happens, left out of the golden file. */
  readonly leaveOut?: RegExp
  /** A command that does not end by itself is ended by a signal: when it has said this, or when this has come true. */
  readonly until?: string | ((stage: Stage) => Promise<unknown>)
}

/** Lines of a rules file that open no port that another one has. */
export const QUIET = 'listener.tcp.external = 127.0.0.1:0\nlistener.ws.external = off\n'

export const PUBLISH = (name: string, pool = 'pool1', topic = 'a/#'): string =>
  `backend.redis.hook.message.publish.${name} = {"topic": "${topic}", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "${pool}"}\n`

/** Rules on a Redis that is there. */
export const RULES = `${QUIET}backend.redis.pool1.server = {redis}\n${PUBLISH('1')}`
