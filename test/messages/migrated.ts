import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../structure/imports.ts'
import type { Situation } from './situation.ts'

/** Files of EMQ X, as test/migrate has them. */
const FILES = Object.fromEntries(['2.4-shipped.conf', '2.0-sentinel.conf', 'before-2.0.conf', 'with-mistakes.conf', '4.x-docker.env', '4.4-whole-broker.conf', '4.4-keep-latest.conf']
  .map(name => [name, readFileSync(join(ROOT, 'test/migrate', name), 'utf8')]))

/** What `migrate` prints, and says. */
export const MIGRATED: readonly Situation[] = [
  { name: 'migrate', line: 'hookline migrate 2.4-shipped.conf', exit: 0, files: FILES },
  { name: 'migrate-before-2.0', line: 'hookline migrate before-2.0.conf', exit: 1, files: FILES },
  { name: 'migrate-a-sentinel', line: 'hookline migrate 2.0-sentinel.conf', exit: 1, files: FILES },
  { name: 'migrate-with-mistakes', line: 'hookline migrate with-mistakes.conf', exit: 1, files: FILES },
  { name: 'migrate-a-broker', line: 'hookline migrate 4.4-whole-broker.conf', exit: 1, files: FILES },
  { name: 'migrate-numbers-twice', line: 'hookline migrate 4.4-keep-latest.conf', exit: 1, files: FILES },
  { name: 'migrate-variables', line: 'hookline migrate --variables 4.x-docker.env', exit: 1, files: FILES },
  { name: 'migrate-variables-from-input', line: 'hookline migrate 2.4-shipped.conf --variables -', exit: 0, files: FILES, stdin: 'EMQX_BACKEND__REDIS__POOL1__DATABASE=2\nEMQX_BACKEND__REDIS__POOL1__CHANNEL=\n' },
  { name: 'migrate-from-input', line: 'hookline migrate -', exit: 0, stdin: 'backend.redis.rule.1 = {"action": "on_client_connected", "filter": "#", "pool": "pool1"}\nbackend.redis.pool1.server = 127.0.0.1\n' },
  { name: 'migrate-report-in-a-file', line: 'hookline migrate --report report.txt 2.0-sentinel.conf', exit: 1, files: FILES },
  { name: 'migrate-no-report', line: 'hookline migrate --report none/report.txt 2.4-shipped.conf', exit: 2, files: FILES },
  { name: 'migrate-the-same-twice', line: 'hookline migrate - --variables -', exit: 2 },
  { name: 'migrate-no-such-file', line: 'hookline migrate none.conf', exit: 2 },
  { name: 'migrate-a-folder', line: 'hookline migrate run', exit: 2 },
  { name: 'migrate-latin-1', line: 'hookline migrate latin.conf', exit: 0, before({ folder }) { writeFileSync(join(folder, 'latin.conf'), Buffer.from('# temp\xE9ratures\nnode.name = a\n', 'latin1')) } },
  { name: 'migrate-utf-16', line: 'hookline migrate wide.conf', exit: 2, before({ folder }) { writeFileSync(join(folder, 'wide.conf'), Buffer.from('\uFEFFnode.name = a\n', 'utf16le')) } },
  { name: 'migrate-an-include', line: 'hookline migrate a.conf', exit: 1, files: { 'a.conf': '# nothing yet\ninclude more.conf\nauth.redis.sentinel = mymaster\nbackend.redis.sentinel = a\n', 'more.conf': '' } },
]
