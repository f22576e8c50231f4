import type { JudgedCompletion, RunEvent } from '../labeling/runEvents.js';
import { prefixOf, type SearchTree } from '../labeling/searchTree.js';
import { settingRanges } from '../labeling/settingRanges.js';
import type { NumberRange } from '../reasoning/numberRange.js';
import { prefixKey } from './breakpoints.js';

/** The content of a line such as `what if cPuct = 0.5, rollout 3 = wrong`. */
export interface WhatIf {
  readonly settings: Readonly<Record<string, number>>;
  /** The current verifier judges every rollout again. */
  readonly judgesAgain: boolean;
  /** Another verdict for a rollout of the current batch, counted from 0. */
  readonly verdict?: { readonly rollout: number; readonly verdict: JudgedCompletion['verdict'] };
}

/** Settings that a fork may change, by the method of the run. */
const { precision: _keptAsItIs, ...ofMonteCarlo } = settingRanges['monte-carlo'];
export const forkSettings: Readonly<Record<'mcts' | 'monte-carlo', Readonly<Record<string, NumberRange>>>> = {
  mcts: settingRanges.mcts,
  'monte-carlo': ofMonteCarlo,
};

/** Reads a line of the debug console; undefined when it is not a fork. Throws an Error that says what is wrong with one. */
export function readWhatIf(line: string, method: 'mcts' | 'monte-carlo'): WhatIf | undefined {
  const body = /^\s*what\s*if\b(.*)$/is.exec(line)?.[1];
  if (body === undefined) return undefined;
  const settings: Record<string, number> = {};
  let verdict: WhatIf['verdict'];
  let judgesAgain = false;
  for (const part of body.split(',').filter((one) => one.trim() !== '')) {
    const [, name = '', value = ''] = /^\s*([\w ]+?)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    const rollout = /^rollout\s+(\d+)$/.exec(name)?.[1];
    const range = Object.hasOwn(forkSettings[method], name) ? forkSettings[method][name] : undefined;
    if (rollout !== undefined && (value === 'right' || value === 'wrong')) verdict = { rollout: Number(rollout), verdict: value };
    else if (name === 'verifier' && value === 'now') judgesAgain = true;
    else if (range === undefined)
      throw new Error(
        `"${part.trim()}" is not a change. Write a setting (${Object.keys(forkSettings[method]).join(', ')}) = number, rollout N = right or wrong, or verifier = now.`,
      );
    else if (value === '' || !range.has(Number(value))) throw new Error(`${name} is ${range.words}, not "${value}".`);
    else settings[name] = Number(value);
  }
  if (verdict === undefined && !judgesAgain && Object.keys(settings).length === 0) {
    const example = method === 'mcts' ? 'cPuct = 0.5' : 'continuations = 32';
    throw new Error(`Write what is different, for example: what if ${example}, rollout 3 = wrong.`);
  }
  return { settings, judgesAgain, ...(verdict && { verdict }) };
}

/** Key of the whole solution of a rollout of the current batch. Throws where there is no such rollout. */
export function nodeSteps(tree: SearchTree, event: RunEvent, rollout: number): string {
  const found = event.event === 'rollouts' ? event.rollouts[rollout] : undefined;
  if (event.event !== 'rollouts' || found === undefined || 'failure' in found)
    throw new Error(`The current event has no judged rollout ${rollout}. Step to the batch of rollouts first.`);
  return prefixKey([...prefixOf(tree, event.node), ...found.steps]);
}
