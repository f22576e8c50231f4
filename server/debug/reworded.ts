import type { RunComparison } from './compareRuns.js';
import { wordsOf } from './wordDiff.js';

type ComparedStep = RunComparison['nodes'][number];

/** A step of the first run, and the step that replaces it in the second run. */
export interface RewordedStep {
  readonly first: ComparedStep;
  readonly second: ComparedStep;
}

/** Two steps that share less than this part of their words are different steps, not one in other words. */
const LEAST_SHARED = 0.5;
/** Most steps of each run after one prefix that are compared. */
const MOST_SIBLINGS = 40;

interface Siblings {
  readonly first: ComparedStep[];
  readonly second: ComparedStep[];
  readonly below: Map<string, Siblings>;
}

const siblings = (): Siblings => ({ first: [], second: [], below: new Map<string, Siblings>() });

/**
 * Pairs steps that only one run has with steps of the other run that say the same in other words. Both steps of a pair
 * follow the same steps; pairs that share the most words are formed first.
 */
export function rewordedSteps(nodes: RunComparison['nodes']): RewordedStep[] {
  const root = siblings();
  const parents = new Set<Siblings>();
  for (const node of nodes) {
    if ((node.first && node.second) || node.prefix.length === 0) continue;
    let at = root;
    for (const step of node.prefix.slice(0, -1)) {
      const next = at.below.get(step) ?? siblings();
      at.below.set(step, next);
      at = next;
    }
    parents.add(at);
    (node.first ? at.first : at.second).push(node);
  }
  return [...parents].flatMap(pairsOf);
}

function pairsOf({ first, second }: Siblings): RewordedStep[] {
  const counted = (steps: readonly ComparedStep[]) => steps.slice(0, MOST_SIBLINGS).map((step) => ({ step, words: countWords(step) }));
  const others = counted(second);
  const all = counted(first).flatMap((one) => others.map((other) => ({ one, other, share: sharedPart(one.words, other.words) })));
  const taken = new Set<ComparedStep>();
  return all
    .filter(({ share }) => share >= LEAST_SHARED)
    .sort((a, b) => b.share - a.share)
    .flatMap(({ one, other }) => {
      if (taken.has(one.step) || taken.has(other.step)) return [];
      taken.add(one.step).add(other.step);
      return [{ first: one.step, second: other.step }];
    });
}

function countWords({ prefix }: ComparedStep): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { word } of wordsOf(prefix.at(-1) ?? '')) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Number of common words divided by that of the longer text: in [0, 1]. */
function sharedPart(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
  const shared = sum([...one].map(([word, count]) => Math.min(count, other.get(word) ?? 0)));
  return shared / Math.max(1, sum(one.values()), sum(other.values()));
}
