import { Option } from 'commander'
import { findBroker } from './find-broker.ts'

/** Of every command that needs rules: `-f FILE`, else those of the one running broker (SPEC 5.1). */
export interface RulesFilesOptions {
  readonly file?: readonly string[] | undefined
  readonly broker?: string | undefined
}

/** As often as there are files: several behind one flag would take what follows for one of them. */
export function fileOption(): Option {
  return new Option('-f, --file <file>', 'a rules file, or a folder of them; may be repeated; without it those of the running broker')
    .argParser(oneMore)
}

function oneMore(file: string, before: readonly string[] = []): readonly string[] {
  return [...before, file]
}

/** The rules files that are meant; where there are none says why, sets exit code 2, and answers undefined. */
export async function rulesFiles({ file, broker }: RulesFilesOptions): Promise<readonly string[] | undefined> {
  if (file !== undefined) return file
  const found = await findBroker(broker)
  if (found !== undefined) return found.status.files
  process.stderr.write('hookline: without a broker to ask, name the rules files with -f\n')
  return undefined
}
