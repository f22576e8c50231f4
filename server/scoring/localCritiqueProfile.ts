import { type ModelFiles, readProfileFields } from '../models/modelFiles.js';
import { type Critique, readCritique } from './backends/critiqueSettings.js';
import { readJudge } from './judgeFields.js';
import type { Profile } from './profile.js';

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
    ...readJudge(root, script),
    graph: root.text('graph'),
    tokenizer: root.has('tokenizer') ? root.text('tokenizer') : 'tokenizer.json',
    critique,
    maxTokens: script && !root.has('maxTokens') ? script.maxTokens : root.whole('maxTokens', [2, 100_000_000], 'tokens'),
  };
  root.refuseOthers(['$schema']);
  return profile;
}
