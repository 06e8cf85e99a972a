/*
 * The notation of docs/guide.md, docs/guide/ and README.md, for whoever writes in them:
 *
 *   ```console         what is typed and what it prints; carried out by the tests
 *   ```console lamp    the same in another terminal, which is called `lamp`
 *   ```text, ```conf   not carried out
 *
 *   $ command          is typed; the lines below it are what it prints, all of it
 *   ^C                 Ctrl-C is typed; with what is printed behind it in that line
 *   …                  in a line: any text; as a whole line: any lines, and at the end of a command that
 *                      would end by itself: it has not ended yet
 *
 * Lines at the head of a block, before any `$`, are what the command that still runs in that terminal
 * has printed since. Everything ends with its chapter (`##`).
 */

/** A `console` block. */
export interface ConsoleBlock {
  readonly terminal: string
  /** Of its first fence, from 1. */
  readonly line: number
  readonly steps: readonly Step[]
}

/** Something typed, or nothing if it goes on with what runs already, and the lines that it prints. */
export interface Step {
  readonly typed: { readonly command: string } | 'interrupt' | 'nothing'
  readonly prints: readonly string[]
  /** In the page, from 1. */
  readonly line: number
}

export interface Chapter {
  readonly title: string
  readonly blocks: readonly ConsoleBlock[]
}

/** Any fence of a page: what stands behind its three marks. */
export interface Fence {
  readonly info: string
  readonly line: number
  readonly text: readonly string[]
}

const FENCE = /^(`{3,})(.*)$/

export function fencesOf(page: string): readonly Fence[] {
  const fences: Fence[] = []
  let open: { readonly marks: string, readonly info: string, readonly line: number, readonly text: string[] } | undefined
  for (const [i, line] of page.split('\n').entries()) {
    const [, marks, info = ''] = FENCE.exec(line) ?? []
    if (open === undefined && marks !== undefined) open = { marks, info: info.trim(), line: i + 1, text: [] }
    else if (open !== undefined && line === open.marks) {
      fences.push({ info: open.info, line: open.line, text: open.text })
      open = undefined
    } else open?.text.push(line)
  }
  if (open !== undefined) throw new Error(`the fence in line ${open.line} does not end`)
  return fences
}

/** The chapters of a page that have `console` blocks. */
export function chaptersOf(page: string): readonly Chapter[] {
  const lines = page.split('\n')
  const fences = fencesOf(page)
  const inFence = (line: number) => fences.some((fence) => line > fence.line && line <= fence.line + fence.text.length)
  const heads = lines.flatMap((text, i) => text.startsWith('## ') && !inFence(i + 1) ? [{ title: text.slice(3), line: i + 1 }] : [])
  return [{ title: 'before the first chapter', line: 0 }, ...heads].flatMap(({ title, line }, i, all) => {
    const end = all[i + 1]?.line ?? Infinity
    const blocks = fences.filter((fence) => fence.line > line && fence.line < end).flatMap(blockOf)
    return blocks.length === 0 ? [] : [{ title, blocks }]
  })
}

function blockOf({ info, line, text }: Fence): readonly ConsoleBlock[] {
  const [language, terminal = 'first', ...more] = info.split(/ +/)
  if (language !== 'console') return []
  if (more.length > 0) throw new Error(`a terminal's name is one word (line ${line})`)
  const steps: { typed: Step['typed'], prints: string[], line: number }[] = []
  for (const [i, row] of text.entries()) {
    const at = line + 1 + i
    if (row.startsWith('$ ')) steps.push({ typed: { command: row.slice(2) }, prints: [], line: at })
    else if (row.startsWith('^C')) steps.push({ typed: 'interrupt', prints: [row], line: at })
    else {
      if (steps.length === 0) steps.push({ typed: 'nothing', prints: [], line: at })
      steps.at(-1)?.prints.push(row)
    }
  }
  return [{ terminal, line, steps }]
}
