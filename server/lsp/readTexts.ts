import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `zh-cn`, `de`: nothing that leads out of the folder. */
const localeForm = /^[a-z]{2,3}(-[a-z]{2,4})?$/;

/** The bundle of a language (`InitializeParams.locale`, in any case) in a folder. Empty where there is none: texts are English then. */
export async function readTexts(folder: string, locale: string | undefined): Promise<Readonly<Record<string, string>>> {
  const name = locale?.toLowerCase() ?? '';
  if (!localeForm.test(name)) return {};
  const text = await readFile(join(folder, `bundle.l10n.${name}.json`), 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, string>;
}
