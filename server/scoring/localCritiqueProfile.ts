import { english } from '../l10n.js';
import { type ModelFiles, readProfileFields } from '../models/modelFiles.js';
import { type Critique, readCritique } from './backends/critiqueSettings.js';
import type { Profile } from './profile.js';
import { readScope } from './scope/scopes.js';

/** A `prm.json` with `critique`: a graph on this machine that writes a critique of a step before it judges it. */
export interface LocalCritiqueProfile extends ModelFiles, Pick<Profile, 'name' | 'family' | 'threshold' | 'aggregation' | 'maxTokens'> {
  readonly graph: string;
  readonly critique: LocalCritique;
  readonly scope?: NonNullable<Profile['scope']>;
}

export interface LocalCritique extends Critique {
  /** What the reply begins with, after the chat template's own beginning of it; may be empty. */
  readonly begin: string;
  /** Text of the one token that ends a reply; the tokenizer's `eos_token` when not given. */
  readonly end?: string;
  /** Jinja template instead of the model's own. */
  readonly template?: string;
}

/** Whether the text of a `prm.json` has `critique`; false also when it cannot be read at all. */
export function writesCritiques(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return typeof json === 'object' && json !== null && 'critique' in json;
  } catch {
    return false;
  }
}

/** Checks the content of a `prm.json` with `critique`; throws ModelError naming `path`, the key and what belongs there. */
export function parseLocalCritique(text: string, path: string): LocalCritiqueProfile {
  const root = readProfileFields(text, path);
  const fields = root.object('critique');
  const critique: LocalCritique = {
    ...readCritique(fields, root.text('family')),
    begin: fields.has('begin') ? fields.text('begin', true) : '',
    ...(fields.has('end') && { end: fields.text('end') }),
    ...(fields.has('template') && { template: fields.text('template') }),
  };
  fields.refuseOthers([]);
  const { script } = critique;
  const profile: LocalCritiqueProfile = {
    name: script && !root.has('name') ? script.name : root.text('name'),
    family: root.text('family'),
    graph: root.text('graph'),
    tokenizer: root.has('tokenizer') ? root.text('tokenizer') : 'tokenizer.json',
    critique,
    threshold: script && !root.has('threshold') ? script.threshold : root.number('threshold'),
    aggregation: script && !root.has('aggregation') ? script.aggregation : root.oneOf('aggregation', ['min', 'mean', 'last', 'product']),
    maxTokens: script && !root.has('maxTokens') ? script.maxTokens : root.whole('maxTokens', [2, 100_000_000], 'tokens'),
    ...(root.has('scope') && { scope: readScope(root.object('scope')) }),
  };
  root.refuseOthers(['$schema']);
  if (!(profile.threshold >= 0 && profile.threshold <= 1))
    root.fail('threshold', english('a number from 0 to 1: the scores are probabilities'));
  return profile;
}
