import { english } from '../l10n.js';
import { itemAt, mustGet, mustHave } from '../reasoning/present.js';
import type { EncodedStep, SegmentEncoder } from './layouts/encoder.js';
import type { PrefixTrie } from './prefixTrie.js';

/** Tokens after which a chain of steps is cut, so that cancellation and progress do not wait for a very long run. */
const longestSegment = 512;
/** A text with more characters per token of the model's limit than this cannot fit and is not encoded. */
const mostCharactersPerToken = 32;

export interface RunPlan {
  readonly parents: Int32Array;
  readonly ids: Int32Array;
  readonly offsets: Int32Array;
  readonly reads: Int32Array;
  /** With `readsTokens`: read r returns the probability of `targets[r]` as the next token after position `reads[r]`. */
  readonly targets?: Int32Array;
  /** `readNodes[r]`: the trie node to whose score read r belongs. */
  readonly readNodes: readonly number[];
  /** Trie node -> why it cannot be scored. */
  readonly skipped: ReadonlyMap<number, string>;
}

/**
 * Lays out the wanted nodes of a trie as segments in depth-first order. A branch starts a new segment; a chain without
 * branches is one with several reads. Nodes beyond `maxTokens` are skipped. The first segment has the whole prompt.
 *
 * @param images Text that represents the problem's images in the prompt.
 * @param readsTokens Whether every token of a wanted step, up to the layout's read position, is a separate read.
 */
export function planRun(
  trie: PrefixTrie,
  isWanted: (node: number) => boolean,
  encoder: SegmentEncoder,
  question: string,
  maxTokens: number,
  images = '',
  readsTokens = false,
): RunPlan {
  const { nodes } = trie;
  const skipped = new Map<number, string>();
  const leadsTo = new Array<boolean>(nodes.length).fill(false);
  for (let node = nodes.length - 1; node >= 0; node--) {
    if (isWanted(node)) leadsTo[node] = true;
    const { parent } = itemAt(nodes, node);
    if (leadsTo[node] && parent >= 0) leadsTo[parent] = true;
  }

  const fits = (text: string) => text.length <= maxTokens * mostCharactersPerToken;
  const problem = fits(question) ? encoder.open(question, images) : undefined;
  const tokens: (EncodedStep | undefined)[] = [];
  const lengths: number[] = [];
  const children = new Map<number, number[]>();
  const depths: number[] = [];
  nodes.forEach((node, index) => {
    depths[index] = node.parent < 0 ? 0 : itemAt(depths, node.parent) + 1;
    if (!leadsTo[index]) return;
    const before = node.parent < 0 ? (problem?.prompt.length ?? Infinity) : itemAt(lengths, node.parent);
    const own = problem && before < maxTokens && fits(node.text) ? problem.step(node.text, depths[index]) : undefined;
    lengths[index] = before + (own?.ids.length ?? Infinity);
    if (lengths[index] > maxTokens) {
      const length = Number.isFinite(lengths[index]) ? english('{0} tokens long', lengths[index]) : english('far longer');
      if (isWanted(index))
        skipped.set(index, english('Too long: question and steps up to here are {0}, the model takes {1} tokens.', length, maxTokens));
      return;
    }
    tokens[index] = own;
    if (own && own.read < (readsTokens ? (own.head ?? 0) : 0) && isWanted(index))
      skipped.set(
        index,
        english(
          "The model has no place to read a score at: the tokenizer joins this step's end with its marker, or the step is a single token.",
        ),
      );
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(index);
    else children.set(node.parent, [index]);
  });

  const parents: number[] = [];
  const offsets: number[] = [];
  const ids: number[] = [];
  const reads: { readonly at: number; readonly node: number; readonly target?: number }[] = [];
  /** Position of each node's last token. */
  const ends = new Map<number, number>();
  const segmentOf = new Map<number, number>();
  const startSegment = (parent: number) => {
    offsets.push(ids.length);
    return parents.push(parent) - 1;
  };
  // A loop, because spreading a long segment would make an argument list of the same length.
  const append = (added: readonly number[]) => {
    for (const id of added) ids.push(id);
  };

  const roots = children.get(-1) ?? [];
  const open = [...roots].reverse();
  // If the question is encoded with the first step, every first step begins with its tokens.
  const shared = sharedHead(roots.map((node) => itemAt(tokens, node)));
  const prompt = problem?.prompt ?? [];
  if (open.length > 0) {
    segmentOf.set(-1, startSegment(-1));
    append(prompt);
    append(itemAt(tokens, itemAt(roots, 0)).ids.slice(0, shared));
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { parent } = itemAt(nodes, node);
    let segment = mustGet(segmentOf, parent);
    const isBranch = mustGet(children, parent).length > 1;
    if (isBranch || ids.length - itemAt(offsets, segment) >= longestSegment) segment = startSegment(segment);
    segmentOf.set(node, segment);
    const skippedHead = parent < 0 ? shared : 0;
    const { ids: own, read, head = 0 } = itemAt(tokens, node);
    const start = ids.length - skippedHead;
    if (isWanted(node) && read >= 0 && !readsTokens) reads.push({ at: start + read, node });
    if (isWanted(node) && readsTokens) {
      const promptEnd = prompt.length - 1;
      const before = parent < 0 ? promptEnd : mustGet(ends, parent);
      for (let token = head; token <= read; token++) {
        const at = token > skippedHead ? start + token - 1 : token > 0 ? promptEnd + token : before;
        // No token predicts the very first one.
        if (at >= 0) reads.push({ at, node, target: itemAt(own, token) });
      }
    }
    append(own.slice(skippedHead));
    ends.set(node, ids.length - 1);
    for (const child of [...(children.get(node) ?? [])].reverse()) open.push(child);
  }
  offsets.push(ids.length);
  // Sorted, because a branch's first token is predicted at its parent's end, which is before other branches.
  if (readsTokens) reads.sort((a, b) => a.at - b.at);
  return {
    parents: Int32Array.from(parents),
    ids: Int32Array.from(ids),
    offsets: Int32Array.from(offsets),
    reads: Int32Array.from(reads, ({ at }) => at),
    ...(readsTokens && { targets: Int32Array.from(reads, ({ target }) => mustHave(target, 'token to predict')) }),
    readNodes: reads.map(({ node }) => node),
    skipped,
  };
}

/** Returns the number of equal tokens at the beginning of all first steps, up to the first read in any of them. */
function sharedHead(steps: readonly EncodedStep[]): number {
  const [first, ...others] = steps;
  if (!first || others.length === 0) return 0;
  let length = Math.max(
    0,
    steps.reduce((least, { ids, read }) => Math.min(least, read < 0 ? ids.length - 1 : read), Number.POSITIVE_INFINITY),
  );
  for (const { ids } of others) {
    let alike = 0;
    while (alike < length && ids[alike] === first.ids[alike]) alike++;
    length = alike;
  }
  return length;
}
