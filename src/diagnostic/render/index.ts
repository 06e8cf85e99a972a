import { withIncluded, type Source } from '../source.ts'
import { renderGithub } from './github.ts'
import { renderGitlab } from './gitlab.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderPretty } from './pretty.ts'
import type { Renderer } from './report.ts'
import { renderSarif } from './sarif.ts'

/** All formats of `lint`, by name. To add one: a file beside this one and a line here. */
export const FORMATS = {
  pretty: ({ diagnostics, sources, colour }) => diagnostics.length === 0 ? nothingFound(sources) : renderPretty(diagnostics, sources, { colour }),
  json: ({ diagnostics }) => renderJson(diagnostics),
  sarif: renderSarif,
  github: renderGithub,
  gitlab: renderGitlab,
  junit: renderJunit,
} as const satisfies Readonly<Record<string, Renderer>>

export type Format = keyof typeof FORMATS

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly Format[] // a table of this file: it has no other keys

function nothingFound(sources: readonly Source[]): string {
  const files = withIncluded(sources).filter(({ kind }) => kind !== 'environment').length
  return `${files} ${files === 1 ? 'file' : 'files'}, nothing found\n`
}
