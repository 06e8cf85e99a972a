/** Rules of a hook run in ascending order of their numbers; names that are no number come after them, as text [ours, SPEC 1.2]. */
export function compareRuleNumbers(a: string, b: string): number {
  const isFirst = isNumber(a)
  if (isFirst !== isNumber(b)) return isFirst ? -1 : 1
  return (isFirst ? compareDigits(a, b) : 0) || compareText(a, b)
}

/** A number may be longer than a JavaScript number holds. */
function compareDigits(a: string, b: string): number {
  const [aDigits, bDigits] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return aDigits.length - bDigits.length || compareText(aDigits, bDigits)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text)
}
