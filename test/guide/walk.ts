import { setTimeout as sleep } from 'node:timers/promises'
import type { Chapter, Step } from './console-blocks.ts'
import { isAsShown, isAsShownInAnyOrder } from './printed.ts'
import type { Scratch } from './scratch.ts'
import { TerminalCommand } from './terminal.ts'

/** How long what is shown may take to be there. Milliseconds. */
const SHOWN_MS = 20_000
const PAUSE_MS = 50
/** A command that is shown as not having ended must still run then. Milliseconds; most end within 500. */
const HELD_MS = 2_000

/** Commands that run until Ctrl-C. */
const STAYS = /^(npx hookline start|npm (ci && npm )?start|npx mqtt sub|redis-server)\b/

/**
 * Commands that only look: a reader types them a moment later than the test would, so they are
 * typed again until what they print is as shown.
 */
const LOOKS = /^npx hookline (status|redis (--pool \S+ )?(exists|get|hget|hgetall|keys|lrange|ttl|type|xlen|xrange|zcard|zrange)\b)/i
/** Redis says nothing of its order. */
const ANY_ORDER = /^npx hookline redis (--pool \S+ )?keys\b/i

/** What a terminal shows of the command that was typed in it last. */
interface Screen {
  readonly typed: string
  readonly command: TerminalCommand
  /** All that the page shows of it so far. */
  readonly shown: string[]
}

/** Types a chapter's commands and compares what they print with what the page shows. Fails with both. */
export async function walk(chapter: Chapter, scratch: Scratch): Promise<void> {
  const screens = new Map<string, Screen>()
  try {
    for (const { terminal, steps } of chapter.blocks) {
      for (const step of steps) await follow(step, terminal, screens, scratch)
    }
    // nothing has come after what is shown
    for (const screen of screens.values()) if (!matches(screen, scratch)) throw different(screen, scratch, 'in the end')
  } finally {
    // those of the broker's clients first
    for (const { command } of [...screens.values()].reverse()) await command.end()
  }
}

async function follow({ typed, prints, line }: Step, terminal: string, screens: Map<string, Screen>, scratch: Scratch): Promise<void> {
  const where = `line ${line}`
  const before = screens.get(terminal)
  if (typed === 'nothing' || typed === 'interrupt') {
    if (before === undefined) throw new Error(`nothing runs in the terminal ${terminal} (${where})`)
    if (typed === 'interrupt') before.command.interrupt()
    before.shown.push(...prints)
    await shows(before, scratch, where)
    if (typed === 'interrupt' && !await before.command.ends(SHOWN_MS)) throw new Error(`Ctrl-C does not end ${before.typed} (${where})`)
    return
  }
  if (before !== undefined && !await before.command.ends(STAYS.test(before.typed) ? 0 : SHOWN_MS)) {
    throw new Error(`${before.typed} still runs in the terminal ${terminal} (${where})`)
  }
  if (before !== undefined && !matches(before, scratch)) throw different(before, scratch, where)
  const type = (): Screen => {
    const screen = { typed: typed.command, command: new TerminalCommand(scratch.rewritten(typed.command), scratch), shown: [...prints] }
    screens.set(terminal, screen)
    return screen
  }
  const end = Date.now() + SHOWN_MS
  for (;;) {
    const screen = type()
    if (!LOOKS.test(typed.command)) return await shows(screen, scratch, where)
    if (!await screen.command.ends(SHOWN_MS)) throw new Error(`${typed.command} does not end (${where})`)
    if (matches(screen, scratch)) return
    if (Date.now() > end) throw different(screen, scratch, where)
    await sleep(PAUSE_MS)
  }
}

/** Waits until a screen is as the page shows it; what ends must have ended, unless more is to come. */
async function shows(screen: Screen, scratch: Scratch, where: string): Promise<void> {
  const { typed, command, shown } = screen
  const stays = STAYS.test(typed)
  const isHeld = !stays && shown.at(-1) === '…'
  if (isHeld && await command.ends(HELD_MS)) throw new Error(`${typed} has ended (${where})`)
  const end = Date.now() + SHOWN_MS
  while (!((stays || isHeld || command.hasEnded) && matches(screen, scratch))) {
    if (Date.now() > end || (command.hasEnded && await command.ends(0) && !matches(screen, scratch))) throw different(screen, scratch, where)
    await sleep(PAUSE_MS)
  }
}

function matches({ typed, command, shown }: Screen, scratch: Scratch): boolean {
  const printed = command.lines.map((line) => scratch.restored(line))
  return (ANY_ORDER.test(typed) ? isAsShownInAnyOrder : isAsShown)(printed, shown)
}

function different({ typed, command, shown }: Screen, scratch: Scratch, where: string): Error {
  const printed = command.lines.map((line) => scratch.restored(line))
  return new Error(`${where}: \`${typed}\` prints\n${indented(printed)}\nand not, as shown,\n${indented(shown)}`)
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n')
}
