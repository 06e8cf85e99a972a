import { isatty } from 'node:tty'
import type { Log } from '../engine/log-port.ts'

export interface SignalActions {
  /** SIGHUP; must not reject for what the files say. */
  readonly reload: () => Promise<unknown>
  /** SIGTERM or SIGINT, once. */
  readonly stop: () => Promise<void>
  readonly log: Log
}

/** Milliseconds. A Ctrl-C below npm comes twice: from the terminal and from npm. */
const ECHO_MS = 500
const STDERR = 2

/**
 * What the process does when it is spoken to: SIGHUP reloads; SIGTERM and SIGINT stop it with exit
 * code 0 and a second one of these forces it down with 1, as a bug of ours does. The SIGHUP of a
 * terminal that is closed stops it too.
 */
export function handleSignals({ reload, stop, log }: SignalActions): void {
  const hadTerminal = isatty(STDERR)
  let stoppingSince: number | undefined

  process.on('SIGHUP', (signal) => {
    if (hadTerminal && !isatty(STDERR)) end(signal)
    else reload().catch(crash)
  })
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('uncaughtException', crash)

  function end(signal: NodeJS.Signals): void {
    if (stoppingSince !== undefined) {
      if (Date.now() - stoppingSince < ECHO_MS) return
      log.warn({ signal }, 'stopped by force')
      process.exit(1)
    }
    stoppingSince = Date.now()
    log.info({ signal }, 'stopping')
    stop().then(() => {
      log.info({}, 'stopped')
      process.exit(0)
    }, crash)
  }

  /** A rejection that nobody handled comes here too. */
  function crash(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined
    log.error({ err: error, stack }, 'hookline has a bug and ends; please report this')
    process.exit(1)
  }
}
