import { english } from '../../l10n.js';
import type { Fields } from '../../models/fields.js';
import type { CritiqueScript } from '../critiques/script.js';
import { critiqueScripts, findScript } from '../critiques/scripts.js';

/** Settings of a profile for the critique and the prompt that requests it. */
export interface Critique {
  /** With `{question}`, `{steps}` (all up to the one asked about, each as `item`), `{previous}` (all before it), `{step}` and `{index}` (from 1). */
  readonly prompt: string;
  /** One step of `{steps}` and `{previous}`, with `{step}` and `{index}`. */
  readonly item: string;
  /** What the model writes before its verdict; its last occurrence counts. */
  readonly verdict: string;
  readonly positive: string;
  readonly negative: string;
  /** Replies whose scores are averaged. */
  readonly samples: number;
  /** 0 = always the likeliest token. */
  readonly temperature: number;
  /** Longest reply, in tokens. */
  readonly maxReply: number;
  /** The authors' own script, which replaces prompt, item and verdict. */
  readonly script?: CritiqueScript;
}

/** Places of a critique's prompt. */
const places = ['question', 'steps', 'previous', 'step', 'index'];

/**
 * @param family The profile's family. It needs no prompt if the authors' prompts are known.
 * Throws ModelError naming the field.
 */
export function readCritique(fields: Fields, family: string): Critique {
  const script = fields.has('prompt') ? undefined : findScript(family);
  if (script) return readScripted(fields, script);
  if (!fields.has('prompt'))
    fields.fail(
      'prompt',
      english(
        "a text with {question} and {steps}, unless 'family' is one whose prompts are known ({0})",
        critiqueScripts.map(({ id }) => id).join(', '),
      ),
    );
  const samples = fields.has('samples') ? fields.whole('samples', [1, 64], 'replies') : 1;
  const critique: Critique = {
    prompt: fields.text('prompt'),
    item: fields.has('item') ? fields.text('item') : 'Step {index}: {step}\n',
    verdict: fields.text('verdict'),
    positive: fields.has('positive') ? fields.text('positive') : 'Yes',
    negative: fields.has('negative') ? fields.text('negative') : 'No',
    samples,
    temperature: fields.has('temperature') ? fields.number('temperature') : samples === 1 ? 0 : 0.6,
    maxReply: fields.has('maxReply') ? fields.whole('maxReply', [1, 1_000_000], 'tokens') : 4096,
  };
  if (!critique.prompt.includes('{question}') || !/\{steps?\}/.test(critique.prompt))
    fields.fail('prompt', english('a text with {question} and with {steps} or {step}'));
  const [unknown] = [...critique.prompt.matchAll(/\{(\w+)\}/g)].filter(([, name = '']) => !places.includes(name));
  if (unknown)
    fields.fail('prompt', english('a text whose places are {0}, not {1}', places.map((name) => `{${name}}`).join(', '), unknown[0]));
  if (critique.positive === critique.negative) fields.fail('negative', english("another word than 'positive'"));
  if (!(critique.temperature >= 0)) fields.fail('temperature', english('a number of at least 0'));
  return critique;
}

function readScripted(fields: Fields, script: CritiqueScript): Critique {
  const temperature = fields.has('temperature') ? fields.number('temperature') : script.temperature;
  if (!(temperature >= 0)) fields.fail('temperature', english('a number of at least 0'));
  return {
    prompt: '',
    item: '',
    verdict: '',
    positive: script.positive,
    negative: script.negative,
    samples: fields.has('samples') ? fields.whole('samples', [1, 64], 'replies') : script.samples,
    temperature,
    maxReply: fields.has('maxReply') ? fields.whole('maxReply', [1, 1_000_000], 'tokens') : script.maxReply,
    script,
  };
}
