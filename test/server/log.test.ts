import { expect, test } from 'vitest'
import { errorFields } from '../../src/server/log.ts'

test('of an error only what it says is logged, not what was on its way to Redis', () => {
  const error = Object.assign(new Error('WRONGPASS invalid username-password pair'), {
    name: 'ReplyError', code: 'WRONGPASS', command: { name: 'auth', args: ['secret'] },
  })
  expect(errorFields(error)).toEqual({ type: 'ReplyError', message: error.message, code: 'WRONGPASS' })
})

test('a failing world has its causes but no stack, a bug of ours has one', () => {
  const failure = new Error('pool1 is not there', { cause: new Error('connection refused') })
  expect(errorFields(failure)).toEqual({
    type: 'Error', message: 'pool1 is not there', cause: { type: 'Error', message: 'connection refused' },
  })
  expect(errorFields(new TypeError('x is undefined'))).toHaveProperty('stack')
})

test('what was thrown and is no error is said as it is', () => {
  expect(errorFields('broken')).toEqual({ message: 'broken' })
})
