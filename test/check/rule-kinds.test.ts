import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CHECKS } from '../../src/check/index.ts'
import { compile } from '../../src/compile.ts'

const folder = new URL('../../src/check/', import.meta.url)
const byKind = CHECKS.filter(({ name }) => readdirSync(folder).includes(`${name}.ts`) && readFileSync(new URL(`${name}.ts`, folder), 'utf8').includes('inEachRule('))

const found = (check: string, text: string): number =>
  compile([{ name: 'a.conf', text: `backend.redis.pool1.server = 127.0.0.1\n${text}` }], { inlineIgnores: false }).diagnostics.filter(it => it.check === check).length

// A rule of another number, so that it does not take the place of the one.
const asOther = (text: string): string => text.replace(/^(?<key>backend\.redis\.(?:hook\.[\w.]+?|rule)\.)1(?= = )/gm, '$<key>901')

it('knows the checks that look at one rule of each kind', () => {
  expect(byKind.length).toBeGreaterThan(15)
})

it.each(byKind.map(({ name, bad, good }) => ({ name, bad, good })))('$name finds a mistake behind rules of nearly the same kind', ({ name, bad, good }) => {
  const alone = found(name, bad)
  expect(alone).toBeGreaterThan(0)
  expect(found(name, `${asOther(good)}\n${bad}`)).toBe(alone)
  expect(found(name, `${asOther(good)}\n${bad}\n${asOther(good).replaceAll('901', '902')}\n${asOther(bad).replaceAll('901', '903')}`)).toBeGreaterThan(alone)
})

it('tells apart topics of which one is wrong, whatever else they are', () => {
  const rule = (number: number, topic: string): string => `backend.redis.hook.message.publish.${number} = {"topic": ${JSON.stringify(topic)}, "action": {"function": "on_retain_delete"}, "pool": "pool1"}`
  for (const [check, wrong] of [['leading-or-empty-level', '/a'], ['leading-or-empty-level', 'a//b'], ['leading-or-empty-level', 'a/'], ['invalid-filter-hash', 'a/#/b'], ['invalid-filter-plus', '/a+'], ['share-in-filter', '$share/g/a'], ['bad-value', ''], ['env-in-rule', '${env:A}']] as const) {
    expect(found(check, [...['/', 'a', '+', '$share/', 'a/#/+/b', 'b+/'].filter(topic => topic !== wrong).map((topic, i) => rule(i + 2, topic)), rule(1, wrong)].join('\n')), `${check} ${wrong}`)
      .toBe(1 + found(check, ['/', 'a', '+', '$share/', 'a/#/+/b', 'b+/'].map((topic, i) => rule(i + 2, topic)).join('\n')))
  }
})
