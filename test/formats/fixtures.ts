import { readFileSync } from 'node:fs';
import { readDocument } from '../../server/formats/registry.js';
import type { Problem, ReasoningDocument, Step } from '../../server/reasoning/problem.js';

/** A file of test/fixtures/files, written for these tests. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/files/${name}`, import.meta.url), 'utf8');
}

/** Reads a text that some format must claim. */
export function read(text: string, languageId?: string): ReasoningDocument {
  const document = readDocument(text, languageId);
  if (document === undefined) throw new Error('no format claims this text');
  return document;
}

export function codes(document: ReasoningDocument): string[] {
  return document.faults.map((fault) => fault.code);
}

/** The step texts of each solution. */
export function solutions(problem: Problem): string[][] {
  return problem.solutions.map((solution) => solution.steps.map((step) => problem.steps[step]!.text));
}

/** Checks what must be true of every document, however broken its file is. Throws an Error otherwise. */
export function checkForest(document: ReasoningDocument, text: string): void {
  document.problems.forEach((problem, index) => {
    if (problem.index !== index) throw new Error(`problem ${index} calls itself ${problem.index}`);
    problem.steps.forEach((step, i) => {
      const inOrder = step.index === i && (step.parent === undefined || step.parent < i);
      if (!inOrder) throw new Error(`step ${i} is out of order`);
      inside(step, text);
    });
    for (const solution of problem.solutions) {
      inside(solution, text);
      solution.steps.forEach((step, i) => {
        if (problem.steps[step]?.parent !== (i === 0 ? undefined : solution.steps[i - 1]))
          throw new Error(`solution ${solution.index} is no path`);
      });
    }
    problem.tree?.nodes.forEach((node, id) => {
      if (node.id !== id || (node.parent !== undefined && node.parent >= id)) throw new Error(`node ${id} is out of order`);
    });
    inside(problem, text);
  });
  for (const fault of document.faults) inside(fault, text);
}

function inside({ span }: Pick<Step, 'span'>, text: string): void {
  const { start, end } = span;
  if (!(start >= 0 && start <= end && end <= text.length)) throw new Error(`span ${start}..${end} is outside of the text`);
}

const treeSection = readFileSync('docs/formats.md', 'utf8').split('(`rStarTreeText`)')[1]!;
/** The record of a `.tree` file that docs/formats.md shows. */
export const treeRecord = `${/```text\n([\s\S]*?)```/.exec(treeSection)![1]!}\n${'='.repeat(50)}\n\n`;
