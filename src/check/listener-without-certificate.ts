import type { Check } from './check.ts'

export const listenerWithoutCertificate: Check = {
  name: 'listener-without-certificate',
  severity: 'error',
  doc: 'A listener with TLS shows a certificate, and has the key of it.',
  bad: 'listener.ssl.external = 8883',
  good: `listener.ssl.external = 8883
listener.ssl.external.certfile = certs/cert.pem
listener.ssl.external.keyfile = certs/key.pem`,
  *find({ current, broken }) {
    const unreadable = new Set(broken.map(({ words }) => words.map(({ text }) => text).join('.')))
    for (const [listener, { setting: { key, value }, target }] of current) {
      if (target?.kind !== 'general' || (target.key !== 'listener.ssl.<name>' && target.key !== 'listener.wss.<name>')) continue
      const missing = ['certfile', 'keyfile'].filter(option => !current.has(`${listener}.${option}`) && !unreadable.has(`${listener}.${option}`))
      if (value.text === 'off' || missing.length === 0) continue
      yield {
        span: key.span, message: `\`${listener}\` speaks TLS and has no ${missing.join(' and no ')}`,
        hint: `add ${missing.map(option => `\`${listener}.${option} = ${EXAMPLES[option] ?? ''}\``).join(' and ')}`,
      }
    }
  },
}

const EXAMPLES: Readonly<Record<string, string>> = { certfile: 'cert.pem', keyfile: 'key.pem' }
