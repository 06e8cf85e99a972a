import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import pc from 'picocolors'
import { compile, type Source } from '../compile.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { renderJson } from '../diagnostic/render/json.ts'
import { renderPretty } from '../diagnostic/render/pretty.ts'

type Format = 'pretty' | 'json'

export function lintCommand(): Command {
  return new Command('lint')
    .description('say what is wrong in rules files; needs no broker, no Redis and no network')
    .argument('<file|folder...>', 'rules files, each a program of its own; of a folder its *.conf, recursively')
    .addOption(new Option('--format <format>', 'for people, or one JSON object a line').choices(['pretty', 'json']).default('pretty'))
    .addHelpText('after', `
Exit codes: 0 no errors (warnings are allowed), 1 errors found, 2 a file could not be read.`)
    .action(run)
}

async function run(paths: string[], { format }: { format: Format }): Promise<void> {
  const found = await findFiles(paths)
  if (!found.ok) {
    process.stderr.write(`hookline: ${found.reason}\n`)
    process.exitCode = 2
    return
  }
  const diagnostics = found.sources.flatMap(source => [...compile([source]).diagnostics])
  // Whoever reads it may have seen enough (`hookline lint … | head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  process.stdout.write(render(diagnostics, found.sources, format))
  process.exitCode = diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0
}

function render(diagnostics: readonly Diagnostic[], sources: readonly Source[], format: Format): string {
  switch (format) {
    case 'json': return renderJson(diagnostics)
    case 'pretty': {
      const rendered = renderPretty(diagnostics, sources, { colour: pc.isColorSupported && process.stdout.isTTY === true })
      return rendered === '' ? `${sources.length} ${sources.length === 1 ? 'file' : 'files'}, nothing found\n` : rendered
    }
    default: return format satisfies never
  }
}

type Found =
  | { readonly ok: true, readonly sources: readonly Source[] }
  | { readonly ok: false, readonly reason: string }

/** The files that the arguments name, each once, read. One that is missing fails it all: it is never "empty and valid". */
async function findFiles(paths: readonly string[]): Promise<Found> {
  const sources = new Map<string, Source>()
  for (const path of paths) {
    try {
      const files = (await stat(path)).isDirectory() ? await filesIn(path) : [path]
      if (files.length === 0) return { ok: false, reason: `the folder ${path} has no *.conf` }
      for (const name of files) sources.set(name, { name, text: await readFile(name, 'utf8') })
    } catch (error) {
      return { ok: false, reason: `cannot read ${path}: ${reasonOf(error)}` }
    }
  }
  return { ok: true, sources: [...sources.values()] }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.name.endsWith('.conf') && !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is no folder',
}

function reasonOf(error: unknown): string {
  // Node's file errors carry a code; anything else is said in its own words.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? String(error)
}
