import type { Check } from './check.ts'

export const listenerWithoutCertificate: Check = {
  name: 'listener-without-certificate',
  severity: 'warning',
  doc: 'A listener with TLS shows a certificate and proves with its key that it is its own; without both it is not opened.',
  bad: 'listener.ssl.external = 8883',
  good: 'listener.ssl.external = 8883\nlistener.ssl.external.certfile = certs/cert.pem\nlistener.ssl.external.keyfile = certs/key.pem',
  *find({ current }) {
    for (const { setting, target } of current.values()) {
      if (target?.kind !== 'general' || (target.key !== 'listener.ssl.<name>' && target.key !== 'listener.wss.<name>')) continue
      if (setting.value.text === 'off') continue
      const key = setting.key.words.map(({ text }) => text).join('.')
      const missing = ['certfile', 'keyfile'].filter((option) => !current.has(`${key}.${option}`))
      if (missing.length === 0) continue
      yield {
        span: setting.key.span,
        message: `a TLS listener without \`${missing.join('` and `')}\` is not opened`,
        hint: `write ${missing.map((option) => `\`${key}.${option} = certs/${option === 'certfile' ? 'cert' : 'key'}.pem\``).join(' and ')}, or \`${key} = off\``,
      }
    }
  },
}
