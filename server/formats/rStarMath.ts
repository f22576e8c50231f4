import { english } from '../l10n.js';
import type { Problem } from '../reasoning/problem.js';
import type { StepValues } from '../reasoning/stepValue.js';
import type { JsonFormat } from './format.js';
import { Kind } from './jsonDocument.js';
import { ProblemDraft, questionOf } from './problemDraft.js';
import type { RecordReader } from './record.js';
import { type Slice, stepSlice } from './slices.js';
import { TreeDraft } from './treeDraft.js';

/** A node that the search never visited has this value. */
const UNVISITED = -100;

/**
 * Trees of rStar-Math (microsoft/rStar, branch rStar-math, key `rstar`) and AlphaMath (MARIO-Math-Reasoning/Super_MARIO, key
 * `react`): nodes under tags that are paths ("0", "0.1", "0.1.2"; children count from 1 or from 0). `text` is what the node
 * adds. `q_value` in [-1, 1] is the mean outcome of the rollouts: (q + 1) / 2 is the share of right ones.
 */
export const rStarMath: JsonFormat = {
  syntax: 'json',
  id: 'rStarMath',
  title: 'rStar-Math or AlphaMath tree',
  recognizedBy: '`rstar` or `react` with nodes under "0", "0.1", …',
  shown: 'the search tree, Q values as shares, visits',
  keys: ['rstar', 'react'],
  claims: (json, record) =>
    ['rstar', 'react'].some((key) => {
      const tree = json.get(record, key);
      return tree !== undefined && json.get(tree, '0') !== undefined;
    }),
  holds: (json, record) => json.get(record, 'rstar') !== undefined || json.get(record, 'react') !== undefined,
  read: readRecord,
};

function readRecord(reader: RecordReader, record: number, index: number): Problem {
  const { json } = reader;
  const draft = new ProblemDraft(reader);
  const tree = new TreeDraft(draft);
  const nodes = reader.value(record, 'rstar') ?? reader.value(record, 'react');
  const ids = new Map<string, number>();
  const entries = nodes === undefined ? [] : json.entries(nodes).filter(([, object]) => json.isObject(object));
  for (const [tag, object] of entries.sort(([a], [b]) => comparePaths(a, b))) {
    const parent = ids.get(tag.slice(0, Math.max(0, tag.lastIndexOf('.'))));
    if (parent === undefined && ids.size > 0) {
      reader.faults.add('missing-key', json.head(object), () => english('Node "{0}" has no parent in this tree and was skipped.', tag));
      continue;
    }
    const visits = reader.count(object, 'visit_count');
    ids.set(
      tag,
      tree.add(parent, slicesOf(reader, object, parent), { span: json.span(object), values: valuesOf(reader, object, visits), visits }),
    );
  }
  tree.addSolutions();
  return draft.finish(record, index, questionOf(reader, record), { nodes: tree.nodes });
}

/** Orders tags so that a parent comes before its children and siblings are in order. */
function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  const at = left.findIndex((part, i) => part !== right[i]);
  if (at < 0) return left.length - right.length;
  return right[at] === undefined ? 1 : left[at]! - right[at];
}

/** What the node adds, with what its code printed. The root's text is the prompt. */
function slicesOf(reader: RecordReader, object: number, parent: number | undefined): Slice[] {
  const text = parent === undefined ? undefined : reader.string(object, 'text');
  if (text === undefined) return [];
  const slice = stepSlice(text);
  return slice.text === '' ? [] : [slice];
}

function valuesOf(reader: RecordReader, object: number, visits: number | undefined): StepValues {
  const q = reader.value(object, 'q_value');
  if (q === undefined || reader.json.kind(q) !== Kind.number || visits === 0) return {};
  const value = reader.json.number(q);
  if (value === UNVISITED) return {};
  if (value < -1 || value > 1) {
    reader.outOfRange(q, english('a number in [-1, 1]'));
    return {};
  }
  return { mc: { value: (value + 1) / 2 } };
}
