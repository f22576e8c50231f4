import { createRandom, type Random } from '../reasoning/random.js';
import { treeJson, type SearchState, type SearchTree } from './searchTree.js';

/**
 * Samples `count` completions of a solution from its prefix; each is the list of the steps that follow (empty when the
 * prefix is already complete). May return fewer than asked: a completion that failed is left out.
 */
export type Policy = (prefix: readonly string[], count: number, random: Random) => Promise<readonly (readonly string[])[]>;

/** Whether a complete solution ends in the right answer. */
export type Verify = (solution: readonly string[]) => Promise<boolean>;

export interface SearchSettings {
  /** Completions sampled from every state: k of OmegaPRM. */
  readonly rollouts: number;
  /** Selections at most; each is followed by one binary search. */
  readonly searches: number;
  /** Completions at most, over the whole search; no state is estimated that would go beyond. */
  readonly budget: number;
  /** Weight of U, which prefers states that were selected seldom. */
  readonly cPuct: number;
  /** Q = alpha^(1 - mc) * beta^(words / lengthScale): prefers rollouts that failed where most succeed, and short ones. */
  readonly alpha: number;
  readonly beta: number;
  readonly lengthScale: number;
}

/** The defaults of MM-PRM's pipeline (arXiv 2505.13427, after OmegaPRM, arXiv 2406.06592). */
export const defaultSearch: SearchSettings = { rollouts: 16, searches: 20, budget: 200, cPuct: 0.125, alpha: 0.5, beta: 0.9, lengthScale: 500 };

export interface SearchProblem {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** Path of the problem's figure; empty when there is none. */
  readonly image: string;
}

/** What happened, in order: enough to draw the tree while it grows. */
export type SearchEvent =
  | { readonly kind: 'selected'; readonly state: SearchState; readonly rollout: readonly string[] }
  | { readonly kind: 'estimated'; readonly state: SearchState };

interface Candidate {
  readonly state: SearchState;
  readonly rollout: readonly string[];
  readonly words: number;
}

/**
 * OmegaPRM as MM-PRM runs it: estimate a state by rollouts; take the most promising failed rollout of the pool; find its
 * first error by binary search, estimating every prefix looked at; repeat. Returns the tree in MM-PRM's JSON shape.
 * Ending the generator early ends the search after the rollouts under way; the same seed gives the same tree.
 */
export async function* search(
  problem: SearchProblem, policy: Policy, verify: Verify, seed: number, settings: SearchSettings = defaultSearch,
): AsyncGenerator<SearchEvent, SearchTree> {
  const run = new Search(problem, policy, verify, seed, settings);
  const root = run.state(undefined, []);
  if (await run.estimate(root)) yield { kind: 'estimated', state: root };
  for (let count = 0; count < settings.searches && run.affords(); count++) {
    const chosen = run.select();
    if (chosen === undefined) break;
    yield { kind: 'selected', ...chosen };
    // The shortest prefix from which no rollout succeeds ends in the first error.
    let [base, left, right] = [chosen.state, 0, chosen.rollout.length - 1];
    while (left <= right) {
      const middle = (left + right) >> 1;
      if (!run.affords()) break;
      const state = run.state(base, chosen.rollout.slice(left, middle + 1));
      await run.estimate(state);
      yield { kind: 'estimated', state };
      if (state.correct === 0) right = middle - 1;
      else [base, left] = [state, middle + 1];
    }
  }
  return treeJson(problem, root, seed);
}

/** Runs a search to its end. */
export async function searchToEnd(...parameters: Parameters<typeof search>): Promise<SearchTree> {
  const run = search(...parameters);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

class Search {
  readonly #pool: Candidate[] = [];
  #spent = 0;
  #estimates = 0;
  #visits = 0;

  constructor(
    readonly problem: SearchProblem, readonly policy: Policy, readonly verify: Verify, readonly seed: number, readonly settings: SearchSettings,
  ) {}

  /** A new state: `steps` follow the parent's prefix. */
  state(parent: SearchState | undefined, steps: readonly string[]): SearchState {
    const state: SearchState = {
      steps, prefix: [...(parent?.prefix ?? []), ...steps], correct: 0, incorrect: 0, visits: 0, assumed: false,
      correctRollouts: [], incorrectRollouts: [], children: [],
    };
    parent?.children.push(state);
    return state;
  }

  affords(): boolean {
    return this.#spent + this.settings.rollouts <= this.settings.budget;
  }

  /** Samples and judges rollouts. Right ones become children whose value is assumed, wrong ones of a mixed state candidates. */
  async estimate(state: SearchState): Promise<boolean> {
    if (!this.affords()) return false;
    // Each estimate draws from a stream of its own, so that it does not depend on what ran before.
    const random = createRandom(this.seed, `${this.problem.id} ${this.#estimates++}`);
    const rollouts = await this.policy(state.prefix, this.settings.rollouts, random);
    this.#spent += this.settings.rollouts;
    const verdicts = await Promise.all(rollouts.map((rollout) => this.verify([...state.prefix, ...rollout])));
    rollouts.forEach((rollout, i) => {
      if (verdicts[i]!) state.correct++;
      else state.incorrect++;
      addDistinct(verdicts[i]! ? state.correctRollouts : state.incorrectRollouts, rollout);
    });
    for (const rollout of state.correctRollouts) if (rollout.length > 0) this.state(state, rollout).assumed = true;
    if (state.correct > 0) {
      for (const rollout of state.incorrectRollouts) {
        if (rollout.length > 0) this.#pool.push({ state, rollout, words: rollout.join(' ').split(/\s+/).length });
      }
    }
    return true;
  }

  /** Takes the candidate with the highest Q + U from the pool and counts the visit; the earlier one of equals. */
  select(): Candidate | undefined {
    let best = -1;
    let highest = -Infinity;
    this.#pool.forEach((candidate, i) => {
      const score = this.#score(candidate);
      if (score > highest) [best, highest] = [i, score];
    });
    const [chosen] = best < 0 ? [] : this.#pool.splice(best, 1);
    if (chosen !== undefined) {
      chosen.state.visits++;
      this.#visits++;
    }
    return chosen;
  }

  #score({ state, words }: Candidate): number {
    const { alpha, beta, lengthScale, cPuct } = this.settings;
    const mc = state.correct / (state.correct + state.incorrect);
    return alpha ** (1 - mc) * beta ** (words / lengthScale) + (cPuct * Math.sqrt(this.#visits)) / (1 + state.visits);
  }
}

function addDistinct(rollouts: (readonly string[])[], rollout: readonly string[]): void {
  const same = (other: readonly string[]) => other.length === rollout.length && other.every((step, i) => step === rollout[i]);
  if (!rollouts.some(same)) rollouts.push(rollout);
}
