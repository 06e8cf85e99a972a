import { BlockList, isIP } from 'node:net'

/** Networks of one machine or one house (RFC 1918, 3927, 4193, 4291, 6598). */
const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8], ['127.0.0.0', 8], ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['169.254.0.0', 16], ['100.64.0.0', 10],
] as const) PRIVATE.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [['::', 127], ['fc00::', 7], ['fe80::', 10]] as const) PRIVATE.addSubnet(network, prefix, 'ipv6')

/** Last words of names that are no public ones (RFC 2606, 6761, 6762, 8375; Kubernetes; usage). */
const PRIVATE_ENDINGS = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|test|svc|home\.arpa)\.?$/i

/**
 * The host is taken to be on this machine or in a private network: by its number, or because its
 * name has no dot, as in Docker and Kubernetes, or an ending that public names do not have.
 */
export function isPrivateHost(host: string): boolean {
  const version = isIP(host)
  if (version !== 0) return PRIVATE.check(host, version === 4 ? 'ipv4' : 'ipv6')
  return !host.includes('.') || PRIVATE_ENDINGS.test(host)
}
