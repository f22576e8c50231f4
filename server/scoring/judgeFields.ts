import { english } from '../l10n.js';
import type { Fields } from '../models/fields.js';
import { aggregations } from '../reasoning/aggregation.js';
import type { CritiqueScript } from './critiques/script.js';
import type { Profile } from './profile.js';
import { readScope } from './scope/scopes.js';

/**
 * Reads the settings of a model that judges in words: its scores are probabilities. Throws ModelError naming the key.
 * @param known The authors' script, which has the settings that the file leaves out.
 */
export function readJudge(root: Fields, known?: CritiqueScript): Pick<Profile, 'name' | 'family' | 'threshold' | 'aggregation' | 'scope'> {
  const threshold = known && !root.has('threshold') ? known.threshold : root.number('threshold');
  if (!(threshold >= 0 && threshold <= 1)) root.fail('threshold', english('a number from 0 to 1: the scores are probabilities'));
  return {
    name: known && !root.has('name') ? known.name : root.text('name'),
    family: root.text('family'),
    threshold,
    aggregation: known && !root.has('aggregation') ? known.aggregation : root.oneOf('aggregation', aggregations),
    ...(root.has('scope') && { scope: readScope(root.object('scope')) }),
  };
}
