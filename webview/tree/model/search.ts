import { listed, t } from '../../../server/l10n.js';
import { itemAt } from '../../../server/reasoning/present.js';
import { rolloutCount } from '../../../server/reasoning/treeStatistics.js';
import { formatValue, SOURCE_NAMES } from '../../shared/valueScale.js';
import { plainText } from '../../shared/words.js';
import { nodeText, type TreeModel } from './treeModel.js';

/**
 * A query has words, which may match the text as written or with LaTeX reduced to plain text, and filters: `value<0.5`,
 * `value:0.25..0.3`, `visits>10`, `rollouts=0`, `depth:2`, `length:7` (steps of whole rollouts), `source:mc`, `answer:42`,
 * `answer:none`. All of them have to match.
 */
export interface Query {
  readonly words: string;
  readonly filters: readonly Filter[];
}

/** Which ends of a range belong to it. */
type Ends = 'from' | 'to' | 'both';
type Measure = 'value' | 'visits' | 'rollouts' | 'depth' | 'length';
type Filter =
  | {
      readonly kind: 'range';
      readonly measure: Measure;
      readonly from: number;
      readonly to: number;
      readonly ends: Ends;
      readonly text: string;
    }
  | { readonly kind: 'source'; readonly source: string; readonly text: string }
  | { readonly kind: 'answer'; readonly answer: string; readonly text: string };

const RANGE = /^(value|visits|rollouts|depth|length)(<=|>=|<|>|=|:)(-?[\d.]+?)(?:\.\.(-?[\d.]+))?$/;

export function parseQuery(query: string): Query {
  const filters: Filter[] = [];
  const words: string[] = [];
  for (const text of query.trim().match(/(?:answer|source):"[^"]*"|\S+/g) ?? []) {
    const filter = filterOf(text);
    if (filter === undefined) words.push(text);
    else filters.push(filter);
  }
  return { words: words.join(' ').toLowerCase(), filters };
}

function filterOf(text: string): Filter | undefined {
  const named = /^(answer|source):"?([^"]+)"?$/.exec(text);
  if (named !== null)
    return named[1] === 'answer'
      ? { kind: 'answer', answer: itemAt(named, 2), text }
      : { kind: 'source', source: itemAt(named, 2).toLowerCase(), text };
  const [, measure, sign, first, second] = RANGE.exec(text) ?? [];
  const value = Number(first);
  if (measure === undefined || first === undefined || Number.isNaN(value)) return undefined;
  const range = { kind: 'range', measure: measure as Measure, text } as const;
  if (second !== undefined) return { ...range, from: value, to: Number(second), ends: 'from' };
  if (sign === '<' || sign === '<=') return { ...range, from: -Infinity, to: value, ends: sign === '<' ? 'from' : 'both' };
  if (sign === '>' || sign === '>=') return { ...range, from: value, to: Infinity, ends: sign === '>' ? 'to' : 'both' };
  return { ...range, from: value, to: value, ends: 'both' };
}

/** Nodes that match a query, in reading order. Ignores case. An empty query finds nothing. */
export function findNodes(model: TreeModel, query: string): number[] {
  const parsed = parseQuery(query);
  if (parsed.words === '' && parsed.filters.length === 0) return [];
  return [...model.order].filter((id) => whyMatches(model, id, parsed) !== undefined);
}

/** Why a node matches, in a few words with the found text; undefined if it does not match. */
export function whyMatches(model: TreeModel, id: number, { words, filters }: Query): string | undefined {
  const reasons: string[] = [];
  for (const filter of filters) {
    const reason = holds(model, id, filter);
    if (reason === undefined) return undefined;
    reasons.push(reason);
  }
  if (words !== '') {
    const place = itemAt(places(model), id).find(({ text }) => text.includes(words));
    if (place === undefined) return undefined;
    reasons.push(`${place.name}: ${around(place.text, words)}`);
  }
  return listed(reasons);
}

function holds(model: TreeModel, id: number, filter: Filter): string | undefined {
  const node = itemAt(model.nodes, id);
  if (filter.kind === 'source') {
    const source = node.assumed ? 'assumed' : (node.source ?? 'none');
    const name = source === 'assumed' || source === 'none' ? source : SOURCE_NAMES[source];
    return source.toLowerCase() === filter.source || name.toLowerCase() === filter.source ? t('source {0}', name) : undefined;
  }
  if (filter.kind === 'answer') {
    const count = node.rollouts
      .filter(({ answer }) => (answer ?? 'none').toLowerCase() === filter.answer.toLowerCase())
      .reduce((sum, group) => sum + group.count, 0);
    return count > 0 ? t('{0} rollouts end with {1}', count, filter.answer) : undefined;
  }
  const { measure, from, to, ends } = filter;
  // A range that ends at 1, the last of several, includes 1.
  const isIn = (value: number) =>
    (ends === 'to' ? value > from : value >= from) && (ends === 'from' && to !== 1 ? value < to : value <= to);
  if (measure === 'length') {
    const prefix = stepsTo(model, id);
    return node.rollouts.some(({ steps }) => isIn(prefix + steps)) ? t('a rollout of {0} steps', from) : undefined;
  }
  const value = { value: node.value, visits: node.visits, rollouts: rolloutCount(node.rollouts), depth: node.depth }[measure];
  if (value === null || value === undefined || !isIn(value)) return undefined;
  return `${measure} ${measure === 'value' ? formatValue(value) : value}`;
}

function stepsTo(model: TreeModel, id: number): number {
  let steps = 0;
  for (let at: number | null = id; at !== null; at = itemAt(model.nodes, at).parent) steps += itemAt(model.nodes, at).steps.length;
  return steps;
}

interface Place {
  readonly name: string;
  readonly text: string;
}

const known = new WeakMap<TreeModel, readonly (readonly Place[])[]>();

/** The searched texts by node id, built at the first search of a tree. */
function places(model: TreeModel): readonly (readonly Place[])[] {
  const made = known.get(model);
  if (made !== undefined) return made;
  const texts = model.nodes.map(({ id, rollouts }) => {
    const text = nodeText(model, id);
    const answers = [...new Set(rollouts.flatMap(({ answer }) => answer ?? []))].join('\n');
    return [
      { name: t('step'), text: text.toLowerCase() },
      { name: t('step'), text: plainText(text).toLowerCase() },
      { name: t('answer of a rollout'), text: answers.toLowerCase() },
    ];
  });
  known.set(model, texts);
  return texts;
}

/** The found words with a little of the text around them. */
function around(text: string, words: string): string {
  const at = text.indexOf(words);
  const from = Math.max(0, at - 24);
  const to = Math.min(text.length, at + words.length + 24);
  return `${from > 0 ? '…' : ''}${text.slice(from, to).replace(/\s+/g, ' ')}${to < text.length ? '…' : ''}`;
}
