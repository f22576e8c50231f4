import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Matches `zh-cn` and `de`, but no path that leads out of the folder. */
const localeForm = /^[a-z]{2,3}(-[a-z]{2,4})?$/;

/** Reads the bundle of `locale` (`InitializeParams.locale`, in any case). Empty without one: texts are then English. */
export async function readTexts(folder: string, locale: string | undefined): Promise<Readonly<Record<string, string>>> {
  const name = locale?.toLowerCase() ?? '';
  if (!localeForm.test(name)) return {};
  const text = await readFile(join(folder, `bundle.l10n.${name}.json`), 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, string>;
}
