import type { SegmentEncoder } from './layout.js';
import type { PrefixTrie } from './prefixTrie.js';

/** A chain of steps is cut here, in tokens, so that cancelling and progress do not wait for a very long run. */
const longestSegment = 512;
/** A text with more characters per token of the model's limit than this cannot fit and is not encoded. */
const mostCharactersPerToken = 32;

export interface RunPlan {
  readonly parents: Int32Array;
  readonly ids: Int32Array;
  readonly offsets: Int32Array;
  readonly reads: Int32Array;
  /** `readNodes[r]`: the trie node whose score read r gives. */
  readonly readNodes: readonly number[];
  /** Trie node -> why it cannot be scored. */
  readonly skipped: ReadonlyMap<number, string>;
}

/**
 * Lays the wanted nodes of a trie out as segments in depth-first order: a branch starts a segment, a chain without
 * branches is one, read at several places. Nodes beyond `maxTokens` are skipped.
 */
export function planRun(trie: PrefixTrie, isWanted: (node: number) => boolean, encoder: SegmentEncoder, question: string, maxTokens: number): RunPlan {
  const { nodes } = trie;
  const skipped = new Map<number, string>();
  const leadsTo = new Array<boolean>(nodes.length).fill(false);
  for (let node = nodes.length - 1; node >= 0; node--) {
    if (isWanted(node)) leadsTo[node] = true;
    const { parent } = nodes[node]!;
    if (leadsTo[node] && parent >= 0) leadsTo[parent] = true;
  }

  const fits = (text: string) => text.length <= maxTokens * mostCharactersPerToken;
  const prompt = fits(question) ? encoder.prompt(question) : undefined;
  const tokens: (readonly number[] | undefined)[] = [];
  const lengths: number[] = [];
  const children = new Map<number, number[]>();
  nodes.forEach((node, index) => {
    if (!leadsTo[index]) return;
    const before = node.parent < 0 ? (prompt?.length ?? Infinity) : lengths[node.parent]!;
    const own = before < maxTokens && fits(node.text) ? encoder.step(node.text, node.parent < 0) : undefined;
    lengths[index] = before + (own?.length ?? Infinity);
    if (lengths[index] > maxTokens) {
      const length = Number.isFinite(lengths[index]) ? `${lengths[index]} tokens long` : 'far longer';
      if (isWanted(index)) skipped.set(index, `Too long: question and steps up to here are ${length}, the model takes ${maxTokens} tokens.`);
      return;
    }
    tokens[index] = own;
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(index);
    else children.set(node.parent, [index]);
  });

  const parents: number[] = [];
  const offsets: number[] = [];
  const ids: number[] = [];
  const reads: number[] = [];
  const readNodes: number[] = [];
  const segmentOf = new Map<number, number>();
  const startSegment = (parent: number) => {
    offsets.push(ids.length);
    return parents.push(parent) - 1;
  };
  // Filled with a loop: a spread of a long segment would be an argument list as long.
  const append = (added: readonly number[]) => {
    for (const id of added) ids.push(id);
  };

  const open = [...(children.get(-1) ?? [])].reverse();
  if (open.length > 0) {
    segmentOf.set(-1, startSegment(-1));
    append(prompt!);
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { parent } = nodes[node]!;
    let segment = segmentOf.get(parent)!;
    const isBranch = children.get(parent)!.length > 1;
    if (isBranch || ids.length - offsets[segment]! >= longestSegment) segment = startSegment(segment);
    segmentOf.set(node, segment);
    append(tokens[node]!);
    if (isWanted(node)) {
      reads.push(ids.length - 1);
      readNodes.push(node);
    }
    for (const child of [...(children.get(node) ?? [])].reverse()) open.push(child);
  }
  offsets.push(ids.length);
  return { parents: Int32Array.from(parents), ids: Int32Array.from(ids), offsets: Int32Array.from(offsets), reads: Int32Array.from(reads), readNodes, skipped };
}
