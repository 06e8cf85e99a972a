import { expect, test } from 'vitest'
import { plainWords } from '../../src/store/failure.ts'

const OOM = "OOM command not allowed when used memory > 'maxmemory'."

test.each([
  ['Redis 6.2', `ERR Error running script (call to f_36f1): @user_script:27: @user_script: 27: -${OOM}`],
  ['Redis 7 and 8, Valkey 8', `${OOM} script: 36f1ff4e0c1d1b9a1d3c1a0f6f2f3f4f5f6f7f8f, on @user_script:27.`],
  ['Valkey 9', `${OOM} script: on @user_script:27.`],
])('an error of a script is told without the script that %s names', (_, message) => {
  expect(plainWords(message, 'evalsha')).toBe(OOM)
})

test('what a client sent is not told', () => {
  expect(plainWords("ERR unknown command 'SECRET', with args beginning with: 'a' 'b'", 'set')).toBe("ERR unknown command '…'")
})
