import { createHash } from 'node:crypto';
import { itemAt } from '../reasoning/present.js';
import type { ScoreJob } from './scorer.js';

/** One distinct prefix of a job: the question and the steps down to here. */
export interface PrefixNode {
  /** Index of the node one step shorter; -1 = the question alone. */
  readonly parent: number;
  /** The last step of the prefix. */
  readonly text: string;
  /** The same for the same model, question and steps, whichever file they are in. */
  readonly key: string;
  /** The job's steps that end this prefix. */
  readonly steps: number[];
}

export interface PrefixTrie {
  /** Key of the model and the question. */
  readonly key: string;
  /** A parent comes before its children. */
  readonly nodes: readonly PrefixNode[];
}

/**
 * Merges the equal prefixes of a job's steps. A key is the SHA-256 of the parent's key and the step (base64url, cut to
 * 128 bits), a chain that starts with the model's fingerprint and the question.
 */
export function buildTrie(job: ScoreJob, fingerprint: string): PrefixTrie {
  const root = chain(fingerprint, job.question);
  const nodes: PrefixNode[] = [];
  const byKey = new Map<string, number>();
  const nodeOf: number[] = [];
  job.steps.forEach((step, index) => {
    const parent = step.parent === undefined ? -1 : nodeOf[step.parent];
    if (parent === undefined) throw new RangeError(`Step ${index} comes before its parent ${step.parent}.`);
    const key = chain(parent < 0 ? root : itemAt(nodes, parent).key, step.text);
    let node = byKey.get(key);
    if (node === undefined) {
      node = nodes.push({ parent, text: step.text, key, steps: [] }) - 1;
      byKey.set(key, node);
    }
    itemAt(nodes, node).steps.push(index);
    nodeOf.push(node);
  });
  return { key: root, nodes };
}

function chain(prefix: string, text: string): string {
  return createHash('sha256').update(`${prefix.length}:${prefix}${text}`).digest('base64url').slice(0, 22);
}
