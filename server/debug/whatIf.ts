import type { JudgedCompletion, RunEvent } from '../labeling/runEvents.js';
import { prefixOf, type SearchTree } from '../labeling/searchTree.js';
import { prefixKey } from './breakpoints.js';

/** What `what if cPuct = 0.5, rollout 3 = wrong` asks for. */
export interface WhatIf {
  readonly settings: Readonly<Record<string, number>>;
  /** Another verdict for a rollout of the current batch, counted from 0. */
  readonly verdict?: { readonly rollout: number; readonly verdict: JudgedCompletion['verdict'] };
}

/** Settings of a search that a fork may change. */
export const forkSettings = ['rollouts', 'searches', 'budget', 'cPuct', 'alpha', 'beta', 'lengthScale'] as const;

/** Reads a line of the debug console; undefined when it is not a fork. Throws an Error that says what is wrong with one. */
export function readWhatIf(line: string): WhatIf | undefined {
  const body = /^\s*what\s*if\b(.*)$/is.exec(line)?.[1];
  if (body === undefined) return undefined;
  const settings: Record<string, number> = {};
  let verdict: WhatIf['verdict'];
  for (const part of body.split(',').filter((one) => one.trim() !== '')) {
    const [, name = '', value = ''] = /^\s*([\w ]+?)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    const rollout = /^rollout\s+(\d+)$/.exec(name)?.[1];
    if (rollout !== undefined && (value === 'right' || value === 'wrong')) verdict = { rollout: Number(rollout), verdict: value };
    else if ((forkSettings as readonly string[]).includes(name) && Number.isFinite(Number(value)) && value !== '')
      settings[name] = Number(value);
    else
      throw new Error(
        `"${part.trim()}" is not a change. Write a setting (${forkSettings.join(', ')}) = number, or rollout N = right or wrong.`,
      );
  }
  if (verdict === undefined && Object.keys(settings).length === 0)
    throw new Error('Write what is different, for example: what if cPuct = 0.5, rollout 3 = wrong.');
  return { settings, ...(verdict && { verdict }) };
}

/** Key of the whole solution of a rollout of the current batch. Throws where there is no such rollout. */
export function nodeSteps(tree: SearchTree, event: RunEvent, rollout: number): string {
  const found = event.event === 'rollouts' ? event.rollouts[rollout] : undefined;
  if (event.event !== 'rollouts' || found === undefined || 'failure' in found)
    throw new Error(`The current event has no judged rollout ${rollout}. Step to the batch of rollouts first.`);
  return prefixKey([...prefixOf(tree, event.node), ...found.steps]);
}
