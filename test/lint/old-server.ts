import { once } from 'node:events'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** What Redis 6.2 answers where newer ones answer something else; `undefined` is OK. */
const ANSWERS: Readonly<Record<string, (args: readonly string[]) => string>> = {
  info: () => bulk('redis_version:6.2.14\r\nrole:master\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nloading:0\r\n'),
  time: () => `*2\r\n${bulk(String(Math.floor(Date.now() / 1_000)))}${bulk('0')}`,
  config: ([, name = '']) => `*2\r\n${bulk(name)}${bulk('')}`,
  command: ([, name = '']) => NEWER.test(name) ? '*1\r\n*-1\r\n' : `*1\r\n*2\r\n${bulk(name.toLowerCase())}:2\r\n`,
  acl: ([subcommand = '']) => subcommand.toLowerCase() === 'whoami' ? bulk('default') : `-ERR Unknown subcommand or wrong number of arguments for '${subcommand}'. Try ACL HELP.\r\n`,
}
const NEWER = /^(?:hexpire|lmpop|no\w+)$/i

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
}

/** A server that answers as Redis 6.2 would, what is asked of it; its port. */
export async function oldServer(): Promise<number> {
  const server = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (let request = next(); request !== undefined; request = next()) {
        const [name = '', ...args] = request
        socket.write(ANSWERS[name.toLowerCase()]?.(args) ?? '+OK\r\n')
      }
    })

    /** A whole command of those that have come. */
    function next(): readonly string[] | undefined {
      const head = /^\*(\d+)\r\n/.exec(text)
      if (head === null) return undefined
      let at = head[0].length
      const words: string[] = []
      for (let i = 0; i < Number(head[1]); i++) {
        const size = /^\$(\d+)\r\n/.exec(text.slice(at))
        if (size === null) return undefined
        at += size[0].length
        words.push(text.slice(at, at + Number(size[1])))
        at += Number(size[1]) + 2
        if (at > text.length) return undefined
      }
      text = text.slice(at)
      return words
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => { server.close() })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
