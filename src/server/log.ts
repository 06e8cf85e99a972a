import { pino, type DestinationStream } from 'pino'
import type { Log } from '../engine/log-port.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = typeof LOG_LEVELS[number]

/** The log of a running broker. */
export function createLog(level: LogLevel, destination: DestinationStream): Log {
  return pino({
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorFields },
    formatters: { level: (label: string) => ({ level: label }) },
  }, destination)
}

/**
 * Where it is written, stderr: for eyes when that is a terminal, else one JSON object a line, which needs
 * much less code. Written synchronously, so that the last words before an exit are not lost.
 */
export async function logDestination(): Promise<DestinationStream> {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true })
  const { build } = await import('pino-pretty')
  return build({
    destination: 2,
    sync: true,
    colorize: process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    // Findings are shown with their lines instead, the result is in the message.
    ignore: 'diagnostics,hash,result',
  })
}

/**
 * What is said of an error. Not its other properties: those of a Redis client hold the command
 * with its arguments, so passwords and payloads. A stack is for our own bugs only.
 */
export function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  return {
    type: name,
    message,
    ...('code' in error && { code: error.code }),
    ...(isBug(error) && { stack }),
    ...(cause !== undefined && { cause: errorFields(cause) }),
  }
}

/** Kinds of errors that only mistakes in the program make. */
function isBug(error: Error): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
    || error.name === 'AssertionError'
}
