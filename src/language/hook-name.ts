import { EVERYWHERE, HOOKS, HOOK_NAMES, type HookName, type Placeholder } from './hooks.ts'

const hookBySpelling: ReadonlyMap<string, HookName> = new Map(
  HOOK_NAMES.flatMap(hook => [hook, ...HOOKS[hook].aliases].map(spelling => [spelling, hook] as const)),
)

/** The hook that a name or one of its aliases means. */
export function hookNamed(spelling: string): HookName | undefined {
  return hookBySpelling.get(spelling)
}

const placeholders: ReadonlySet<string> = new Set([
  ...EVERYWHERE, ...HOOK_NAMES.flatMap(hook => [...HOOKS[hook].placeholders]),
])

/** The names of all placeholders. */
export const PLACEHOLDER_NAMES: readonly string[] = [...placeholders]

/** The name is that of a placeholder, of whatever hook. */
export function isPlaceholder(name: string): name is Placeholder {
  return placeholders.has(name)
}

/** The placeholders of a hook. */
export function placeholdersOf(hook: HookName): readonly Placeholder[] {
  return [...HOOKS[hook].placeholders, ...EVERYWHERE]
}
