import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Path of a file that `make.sh` has made. */
export function certificateFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

export function certificateText(name: string): string {
  return readFileSync(certificateFile(name), 'utf8')
}

/** Lines of a listener with TLS on a free port. */
export function tlsListener(listener: string, ...more: readonly string[]): string[] {
  return [
    `${listener} = 127.0.0.1:0`, `${listener}.certfile = ${certificateFile('server.pem')}`, `${listener}.keyfile = ${certificateFile('server-key.pem')}`,
    ...more.map((line) => `${listener}.${line}`),
  ]
}
