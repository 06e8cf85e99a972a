import { Command } from 'commander'
import pc from 'picocolors'
import { oneOfThese } from '../diagnostic/did-you-mean.ts'
import { findPages, namesLike } from '../explain/find-pages.ts'
import { pageList, pageText, type TextLook } from './page-text.ts'

export function explainCommand(): Command {
  return new Command('explain')
    .description('say what a check, hook, function, placeholder, setting or Redis key is')
    .argument('[name]', 'as it stands in a file or after a finding; without it all names')
    .addHelpText('after', `
A name that means several things is explained in each of its meanings; upper and lower case make no
difference. All of it is in docs/reference.md.

Exit codes: 0 explained, 2 there is no such name.`)
    .action(run)
}

function run(name: string | undefined): void {
  const look = { colour: pc.isColorSupported && process.stdout.isTTY }
  // whoever reads it may have seen enough (`hookline explain | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  if (name === undefined) process.stdout.write(pageList(look))
  else explainName(name, look)
}

function explainName(name: string, look: TextLook): void {
  const pages = findPages(name)
  if (pages.length > 0) {
    process.stdout.write(pages.map(page => pageText(page, look)).join('\n'))
    return
  }
  const near = namesLike(name)
  const hint = near.length > 0 ? `did you mean ${oneOfThese(near)}?` : '`hookline explain` lists all names'
  process.stderr.write(`hookline: nothing is called ${name}; ${hint}\n`)
  process.exitCode = 2
}
