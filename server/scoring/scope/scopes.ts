import { english } from '../../l10n.js';
import type { Fields } from '../../models/fields.js';
import type { Scope } from './scope.js';
import { openWordPairs, readWordPairSettings, type WordPairSettings } from './wordPairs.js';

/** A new measure is one file beside this one, a line in each function here and an entry in `media/schemas/prm.schema.json`. */
export type ScopeSettings = WordPairSettings;

/** Reads `scope` of a `prm.json`. Throws ModelError. */
export function readScope(fields: Fields): ScopeSettings {
  fields.oneOf('kind', ['word-pairs']);
  const settings = {
    ...readWordPairSettings(fields),
    knows: fields.text('knows'),
    question: share(fields, 'question'),
    step: share(fields, 'step'),
  };
  fields.refuseOthers([]);
  return settings;
}

/** Reads the files a scope names, relative to the model's folder; rejects with ModelError. */
export async function openScope(settings: ScopeSettings, modelFolder: string): Promise<Scope> {
  const { knows, question, step } = settings;
  return { knows, question, step, share: await openWordPairs(settings, modelFolder) };
}

function share(fields: Fields, key: string): number {
  const value = fields.number(key);
  return value > 0 && value <= 1 ? value : fields.fail(key, english('a number above 0 and at most 1'));
}
