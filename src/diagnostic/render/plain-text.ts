/** Printable ASCII, as nearly every file and message is: each character stands for itself, in one column of a terminal. */
export function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text)
}
