import { afterAll, expect, test } from 'vitest'
import { expectGolden } from './golden.ts'
import type { Situation } from './situation.ts'
import { openWorld, Stage, type World } from './stage.ts'

/**
 * A test of each: it ends as it should, and says what its golden file has. Some take seconds in which
 * nothing is done, so they are played side by side, each in a world that is its own meanwhile.
 */
export function play(situations: readonly Situation[]): void {
  const all: World[] = []
  const free: World[] = []
  afterAll(() => Promise.all(all.map(world => world.end())))

  async function enter(): Promise<World> {
    const left = free.pop()
    if (left !== undefined) return left
    const world = await openWorld()
    all.push(world)
    return world
  }

  test.concurrent.for(situations)('$name: $line ends with $exit, and says what its file has', async (situation, { onTestFinished }) => {
    const world = await enter()
    await world.redis.client.flushall()
    const stage = new Stage(world, situation.env)
    onTestFinished(async () => {
      await stage.close()
      free.push(world)
    })
    const { code, stdout, stderr } = await stage.play(situation)
    expect(code, stdout + stderr).toBe(situation.exit)
    const said = linesOf(stderr).filter(line => situation.leaveOut?.test(line) !== true)
    const shown = stage.shown([`$ ${situation.line}\n`, stdout, ...said.map(line => `2> ${line}\n`), `exit code ${code}\n`].join(''))
    expectGolden(situation.name, shown)
  })
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
