import { setMaxListeners } from 'node:events';
import type { ImageFile } from '../../models/images/imageFile.js';
import { itemAt } from '../../reasoning/present.js';
import type { Gate } from '../../remote/gate.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import type { JobScores } from '../jobScores.js';
import type { PrefixTrie } from '../prefixTrie.js';
import type { Backend, PathScores } from './backend.js';
import type { PathRequest } from './pathRequests.js';

/** Statuses with which a server refuses a path because of its length or its text. */
const refusals = new Set([400, 413, 422]);

/** What the paths of one job share. */
export interface PathScoringOptions {
  readonly backend: Backend;
  /** Limits how many requests are sent at the same time. */
  readonly gate: Gate;
  readonly trie: PrefixTrie;
  readonly found: JobScores;
  readonly problem: { readonly question: string; readonly images: readonly ImageFile[]; readonly answer?: string };
  readonly signal: AbortSignal;
  /** Called after each request that was answered. */
  readonly onAnswer: () => void;
}

/** Requests the scores of one job from a server, path by path, and adds them to its `JobScores`. */
export class PathScoring {
  /** Tokens that the server read. */
  tokens = 0;
  readonly #options: PathScoringOptions;

  constructor(options: PathScoringOptions) {
    this.#options = options;
    // Every waiting request adds one listener.
    setMaxListeners(0, options.signal);
  }

  /** Scores a path. If the server refuses it, halving finds the longest part of it that the server accepts. */
  async score({ path, nodes }: PathRequest): Promise<void> {
    const { found, onAnswer } = this.#options;
    let [scored, refused] = [0, nodes.length + 1];
    let reason = '';
    for (let count = nodes.length; scored < refused - 1; count = (scored + refused) >> 1) {
      try {
        const answered = await this.#ask(path.slice(0, path.indexOf(itemAt(nodes, count - 1)) + 1), nodes.slice(scored, count));
        answered.scores.forEach((value, i) => found.settle(itemAt(nodes, scored + i), value));
        this.tokens += answered.tokens;
        scored = count;
        onAnswer();
      } catch (error) {
        if (!(error instanceof RequestFailure) || !refusals.has(error.details.status ?? 0)) throw error;
        refused = count;
        reason = error.message;
      }
    }
    for (const node of nodes.slice(scored)) found.settle(node, { skipped: reason });
  }

  #ask(path: readonly number[], wanted: readonly number[]): Promise<PathScores> {
    const { backend, gate, trie, problem, signal } = this.#options;
    const steps = path.map((node) => itemAt(trie.nodes, node).text);
    const request = { ...problem, steps, wanted: wanted.map((node) => path.indexOf(node)) };
    return gate.pass(() => backend.score(request, signal), signal);
  }
}
