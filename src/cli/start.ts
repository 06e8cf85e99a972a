import { Command, Option } from 'commander'
import pc from 'picocolors'
import type { Source } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { renderPretty } from '../diagnostic/render/pretty.ts'
import { greeting } from '../server/greeting.ts'
import { createLog, LOG_LEVELS, logDestination, type LogLevel } from '../server/log.ts'
import { handleSignals } from '../server/signals.ts'
import { StartFailure } from '../server/start-failure.ts'
import { start, type Server } from '../server/start.ts'
import { packageVersion } from './version.ts'

export function startCommand(): Command {
  return new Command('start')
    .argument('<file|folder...>', 'rules files, read in this order as one; of a folder its *.conf, recursively')
    .addOption(new Option('--log-level <level>', 'what goes to stderr from here up')
      .choices(LOG_LEVELS).default('info').env('HOOKLINE_LOG_LEVEL'))
    .addHelpText('after', `
After the files the environment is read: HOOKLINE_BACKEND__REDIS__POOL1__SERVER=.. (or EMQX_..) sets
backend.redis.pool1.server, and an empty one removes it.

Exit codes: 0 stopped as asked, 1 the rules have errors, 2 it could not start.
SIGHUP reads the files again, SIGTERM and SIGINT stop it.`)
    .action(run)
}

async function run(files: string[], { logLevel }: { logLevel: LogLevel }): Promise<void> {
  const log = createLog(logLevel, await logDestination())
  const abort = new AbortController()
  let server: Server | undefined
  const starting = start({
    files,
    version: packageVersion(),
    log,
    signal: abort.signal,
    // Who is no terminal finds them as fields in the log.
    showFindings(diagnostics, sources) {
      if (process.stderr.isTTY) showFindings(diagnostics, sources)
    },
  })
  handleSignals({
    log,
    // Before it runs there is nothing to reload: the files are being read anyway.
    reload: async () => server?.reload.run('signal'),
    async stop() {
      abort.abort()
      // A start that fails now has ended what it had begun.
      const begun = await starting.catch(() => undefined)
      await begun?.close()
    },
  })
  try {
    server = await starting
  } catch (error) {
    if (abort.signal.aborted) return
    if (!(error instanceof StartFailure)) throw error
    if (error.findings !== undefined) showFindings(error.findings.diagnostics, error.findings.sources)
    process.stderr.write(`hookline: ${error.message}\n`)
    process.exit(error.exitCode)
  }
  // Whoever reads the greeting may leave at any time (`hookline start … | head`).
  process.stdout.on('error', () => {})
  process.stdout.write(`${greeting(packageVersion(), files, server)}\n`)
}

function showFindings(diagnostics: readonly Diagnostic[], sources: readonly Source[]): void {
  process.stderr.write(renderPretty(diagnostics, sources, { colour: pc.isColorSupported && process.stderr.isTTY === true }))
}
