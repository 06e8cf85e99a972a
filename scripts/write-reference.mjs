// docs/reference.md, from the built program: its tables, and what its commands say of themselves.
// `--out FILE` writes it elsewhere.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { referenceText } from '../dist/explain/reference.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = process.argv[2] === '--out' ? process.argv[3] : `${root}docs/reference.md`

const helpOf = (...names) => execFileSync(process.execPath, [`${root}dist/bundle/main.js`, ...names, '--help'], { encoding: 'utf8' })
// the last part of the help lists them, two blanks before each
const [, list = ''] = helpOf().split('Commands:\n')
const names = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name).filter(name => name !== 'help')
const commands = names.map(name => ({ name, text: helpOf(name) }))
writeFileSync(out, referenceText(commands))
