import { CHECK_PAGES } from './check-pages.ts'
import { FUNCTION_PAGES } from './function-pages.ts'
import { HOOK_PAGES } from './hook-pages.ts'
import { KEY_PAGES } from './key-pages.ts'
import { MEMBER_PAGES } from './member-pages.ts'
import { PLACEHOLDER_PAGES } from './placeholder-pages.ts'
import { POOL_OPTION_PAGES, SETTING_PAGES } from './setting-pages.ts'
import type { Page } from './page.ts'

/** All that `explain` knows and the reference holds: each name of the language once. */
export const PAGES: readonly Page[] = [
  ...HOOK_PAGES,
  ...FUNCTION_PAGES,
  ...PLACEHOLDER_PAGES,
  ...MEMBER_PAGES,
  ...POOL_OPTION_PAGES,
  ...SETTING_PAGES,
  ...KEY_PAGES,
  ...CHECK_PAGES,
]
