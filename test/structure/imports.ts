import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SRC = join(ROOT, 'src')

export interface Import {
  /** File below `src` that imports. */
  readonly from: string
  /** File below `src`, or a package or `node:` name. */
  readonly to: string
  /** Between `import` and `from`, as written. */
  readonly what: string
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean
  /** `import(..)`: loaded when that is run, not with the file. */
  readonly lazy?: true
}

/** TypeScript files below `src`, as paths from there with `/`; what the build generates is none of ours. */
export function sourceFiles(): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => path.endsWith('.ts') && !path.includes('generated/'))
    .sort()
}

/** Every import and re-export of our source. */
export function allImports(): readonly Import[] {
  return sourceFiles().flatMap(importsOf)
}

export function importsOf(from: string): readonly Import[] {
  const text = readFileSync(join(SRC, from), 'utf8')
  const statements = text.matchAll(/^(?:import|export)\s+(?<type>type\s+)?(?:(?<what>(?:\*|\{|[\w$]+[\s,])[^'";]*?)\s*from\s+)?'(?<target>[^']+)'/gm)
  const calls = text.matchAll(/\bimport\('(?<target>[^']+)'\)/g)
  return [
    ...[...statements].map(({ groups }) => ({
      from,
      to: resolved(from, groups?.['target'] ?? ''),
      what: groups?.['what'] ?? '',
      typeOnly: groups?.['type'] !== undefined,
    })),
    ...[...calls].map(({ groups }) => ({ from, to: resolved(from, groups?.['target'] ?? ''), what: '', typeOnly: false, lazy: true as const })),
  ]
}

function resolved(from: string, target: string): string {
  if (!target.startsWith('.')) return target
  return relative(SRC, join(SRC, dirname(from), target)).replaceAll('\\', '/')
}
