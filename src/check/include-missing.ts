import type { Check } from './check.ts'

export const includeMissing: Check = {
  name: 'include-missing',
  severity: 'error',
  doc: 'What an include names is part of the rules; a part that cannot be read is never taken for an empty one.',
  bad: 'include more.conf',
  good: '# include more.conf',
  *find({ includes }) {
    for (const { include: { path, span }, inclusion } of includes) {
      if (inclusion === undefined) yield { span, message: `\`${path}\` is not included here: files were not looked for` }
      if (inclusion?.kind === 'folder') yield { span, message: `\`${inclusion.file}\` is a folder`, hint: `write \`include ${path.replace(/\/+$/, '')}/*.conf\`` }
      if (inclusion?.kind === 'missing') yield { span, message: `\`${inclusion.file}\` cannot be included: ${inclusion.reason}`, hint: hintFor(path) }
    }
  },
}

function hintFor(path: string): string {
  if (/^["'].*["']$/.test(path)) return 'delete the quotes'
  return path.startsWith('~') ? 'write the whole path; `~` has no meaning here' : 'correct the path; it is relative to the file with the include'
}
