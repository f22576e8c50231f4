import { leafPaths } from '../reasoning/paths.js';
import type { Problem, ReasoningDocument, Solution, Step, TreeNode } from '../reasoning/problem.js';
import type { Span } from '../reasoning/span.js';
import type { TextFormat } from './format.js';

/** `----[(T) SQ-3: Q: 1.0; N: 2; V: 0.8; UCT: 1.4] `; four dashes per level, double brackets around the chosen node. */
const HEADER =
  /^(-*)\[{1,2}(\(T\) )?([A-Z]{1,3}(?:-\d+)?): Q: (-?[\d.]+(?:e-?\d+)?|nan|inf); N: (\d+); V: (None|-?[\d.]+(?:e-?\d+)?)(?:; UCT: [^\]\n]{0,40})?\]{1,2}[ \t]?/gm;
const FIRST = new RegExp(HEADER.source, 'm');
/** The label at the beginning of a node's text. */
const LABEL = /^(?:User|Reph-User|Ans|Q|Re-Ans|OST): +/;
/** The reference answer, on a line of its own below the question. */
const GROUND_TRUTH = /\n[ \t]*Ground truth:[ \t]*/;
const DIVIDER = /^={5,}\s*$/m;

/**
 * The search of one rollout as rStar prints it (zhentingqi/rStar@cab41df, run_src/rstar_utils.py,
 * `print_tree_from_root`): `Question 0000 - Rollout 3.tree`. The root is the question. The other nodes are steps with
 * their confidence V; a subquestion and its answer are one step. A file may have several trees.
 */
export const rStarTreeText: TextFormat = {
  syntax: 'text',
  id: 'rStarTreeText',
  title: 'rStar search (`.tree`)',
  recognizedBy: 'a first line `[U-0: Q: …; N: …; V: …; UCT: …]`',
  shown: 'the search tree, visits, the confidence of each step',
  detect(head) {
    const first = FIRST.exec(head);
    return first !== null && first[1] === '' && head.slice(0, first.index).trim() === '';
  },
  read(text): ReasoningDocument {
    const problems: Problem[] = [];
    let draft: TreeText | undefined;
    const headers = [...text.matchAll(HEADER)];
    headers.forEach((header, i) => {
      const from = header.index + header[0].length;
      const end = headers[i + 1]?.index ?? text.length;
      const divider = text.slice(from, end).search(DIVIDER);
      const span = trimmed(text, from, divider < 0 ? end : from + divider);
      if (header[1] === '' || draft === undefined) {
        if (draft !== undefined) problems.push(draft.finish(problems.length));
        draft = new TreeText(text, header.index, span);
      }
      draft.add(header, span);
    });
    if (draft !== undefined) problems.push(draft.finish(problems.length));
    return { format: 'rStarTreeText', problems, faults: [] };
  },
};

class TreeText {
  readonly #nodes: (TreeNode & { children: number[] })[] = [];
  readonly #steps: Step[] = [];
  /** The node and the last step of each open level. */
  readonly #open: { dashes: number; node: number; step: number | undefined }[] = [];
  readonly #text: string;
  readonly #start: number;
  readonly #question: { readonly question: string; readonly answer?: string; readonly span: Span };

  constructor(text: string, start: number, root: Span) {
    this.#text = text;
    this.#start = start;
    const whole = withoutLabel(text, root);
    const truth = GROUND_TRUTH.exec(text.slice(whole.start, whole.end));
    const span = truth === null ? whole : trimmed(text, whole.start, whole.start + truth.index);
    const answer = truth === null ? '' : text.slice(whole.start + truth.index + truth[0].length, whole.end).trim();
    this.#question = { question: plain(text, span), span, ...(answer !== '' && { answer }) };
  }

  add(header: RegExpExecArray, own: Span): void {
    const dashes = header[1]!.length;
    while (this.#open.length > 0 && this.#open.at(-1)!.dashes >= dashes) this.#open.pop();
    const above = this.#open.at(-1);
    const span = withoutLabel(this.#text, own);
    const value = Number(header[6]);
    const id = this.#nodes.length;
    const isStep = above !== undefined && span.start < span.end;
    const step = isStep ? this.#steps.length : above?.step;
    if (isStep)
      this.#steps.push({
        index: this.#steps.length,
        text: plain(this.#text, span),
        span,
        values: value >= 0 && value <= 1 ? { recordedPrm: value } : {},
        node: id,
        ...(above.step !== undefined && { parent: above.step }),
      });
    this.#nodes.push({
      id,
      children: [],
      depth: this.#open.length,
      steps: isStep ? [step!] : [],
      visits: Number(header[5]),
      rollouts: [],
      span: { start: header.index, end: Math.max(own.end, header.index + header[0].length) },
      ...(above && { parent: above.node }),
    });
    if (above) this.#nodes[above.node]!.children.push(id);
    this.#open.push({ dashes, node: id, step });
  }

  finish(index: number): Problem {
    const { question, answer, span } = this.#question;
    const solutions: Solution[] = [];
    for (const path of leafPaths(this.#nodes)) {
      const steps = path.flatMap((id) => this.#nodes[id]!.steps);
      const leaf = this.#nodes[path.at(-1)!]!;
      if (steps.length > 0) solutions.push({ index: solutions.length, steps, span: leaf.span, node: leaf.id });
    }
    const end = this.#nodes.reduce((last, node) => Math.max(last, node.span.end), span.end);
    return {
      index,
      question,
      ...(answer !== undefined && { answer }),
      images: [],
      span: { start: this.#start, end },
      questionSpan: span,
      steps: this.#steps,
      solutions,
      tree: { nodes: this.#nodes },
    };
  }
}

function withoutLabel(text: string, span: Span): Span {
  const label = LABEL.exec(text.slice(span.start, Math.min(span.end, span.start + 16)))?.[0].length ?? 0;
  return { start: span.start + label, end: span.end };
}

function trimmed(text: string, from: number, to: number): Span {
  let [start, end] = [from, to];
  while (start < end && /\s/.test(text[start]!)) start++;
  while (end > start && /\s/.test(text[end - 1]!)) end--;
  return { start, end };
}

/** A text without the indentation that its level gives to each line. */
function plain(text: string, { start, end }: Span): string {
  return text
    .slice(start, end)
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]+/g, '\n');
}
