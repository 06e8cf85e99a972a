/** What keeps the benchmark from doing what was asked, in words for whoever asked; exit code 2. */
export class Refusal extends Error {}
