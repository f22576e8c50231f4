import { english } from '../../l10n.js';
import { occurrences } from '../../models/fields.js';
import { type ImageSettings, imagesPlace, readImageSettings } from '../../models/images/imageKinds.js';
import { type ModelFiles, readProfileFields } from '../../models/modelFiles.js';

/** `policy.json` beside a local policy's model; its JSON schema is `media/schemas/policy.schema.json`. */
export interface LocalPolicyProfile extends ModelFiles {
  readonly name: string;
  /** Text before the first step, with `{question}` and optionally `{images}`. */
  readonly prompt: string;
  /** `{step}`, then what ends a step. */
  readonly step: string;
  /** Text of the one token that ends a solution. */
  readonly end: string;
  readonly images?: ImageSettings;
  /** Longest sequence the graph takes, in tokens. */
  readonly maxTokens: number;
  /** Maximum tokens of a completion. */
  readonly maxNewTokens: number;
  /** 1 samples from the model's own distribution, 0 takes the likeliest token. */
  readonly temperature: number;
}

export const stepPlaceholder = '{step}';

/** Checks the content of a `policy.json`; throws ModelError naming `path`, the key and what belongs there. */
export function parsePolicyProfile(text: string, path: string): LocalPolicyProfile {
  const root = readProfileFields(text, path);
  const profile: LocalPolicyProfile = {
    name: root.text('name'),
    graph: root.text('graph'),
    tokenizer: root.text('tokenizer'),
    prompt: root.template('prompt', ['{question}', imagesPlace]),
    step: root.template('step', [stepPlaceholder]),
    end: root.text('end'),
    ...(root.has('images') && { images: readImageSettings(root.object('images')) }),
    maxTokens: root.whole('maxTokens', [2, 100_000_000], 'tokens'),
    maxNewTokens: root.whole('maxNewTokens', [1, 1_000_000], 'tokens'),
    temperature: root.number('temperature'),
  };
  root.refuseOthers(['$schema']);
  if (occurrences(profile.prompt, '{question}') !== 1) root.fail('prompt', english('a text with {question} once'));
  if (occurrences(profile.prompt, imagesPlace) > 1) root.fail('prompt', english('a text with {0} at most once', imagesPlace));
  if (profile.prompt.includes(imagesPlace) && !profile.images)
    root.fail('images', english("a JSON object that says how images are prepared, because 'prompt' holds {0}", imagesPlace));
  if (!profile.step.startsWith(stepPlaceholder) || profile.step === stepPlaceholder)
    root.fail('step', english('{0}, then the text that ends a step', stepPlaceholder));
  if (!(profile.temperature >= 0)) root.fail('temperature', english('a number, at least 0'));
  return profile;
}
