const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is no folder',
  ELOOP: 'it is a link that leads back to itself',
}

/** Why a file cannot be read, as a plain clause. */
export function fileReason(error: unknown): string {
  // Node's file errors carry a code; anything else is said in its own words.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? String(error)
}
