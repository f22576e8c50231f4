import { readFileSync } from 'node:fs';
import { readDocument } from '../../server/formats/registry.js';
import { stepsOfText } from '../../server/formats/solutionString.js';
import { type ModelOutput, modelOutputs } from '../formats/modelOutputs.js';
import type { Row } from './row.js';

/** Whether an output is split as a careful reader splits it, and its question is recognized. */
export function isSplitRight({ style, text, question, steps }: ModelOutput): boolean {
  const problem = readDocument(text, 'markdown')?.problems[0];
  const found = problem?.steps.map((step) => step.text.replace(/\s+/g, ' '));
  const isAsked = style === 'thoughts without a question' || problem?.question === question;
  return isAsked && JSON.stringify(found) === JSON.stringify(steps.map((step) => step.replace(/\s+/g, ' ')));
}

/** An output of a small open model, and the offsets at which a careful reader sees a step begin (test/bench/collectOutputs.ts). */
interface ReadOutput {
  readonly output: string;
  readonly starts: readonly number[];
}

export function readOutputs(): ReadOutput[] {
  const lines = readFileSync('test/fixtures/outputs/smollm.jsonl', 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as ReadOutput);
}

/** Whether the steps begin where the reader sees them begin. */
export function isReadRight({ output, starts }: ReadOutput): boolean {
  return (
    stepsOfText(output)
      .map((step) => step.span.start)
      .join() === starts.join()
  );
}

/** The share of model outputs in all styles of test/formats/modelOutputs.ts that are split as a careful reader would. */
export function measure(): Row[] {
  const outputs = modelOutputs();
  const wrong = outputs.filter((output) => !isSplitRight(output));
  const real = readOutputs();
  const same = real.filter(isReadRight).length;
  const styles = [...new Set(wrong.map(({ style }) => style))];
  return [
    {
      name: 'model outputs split as a careful reader would',
      value: (100 * (outputs.length - wrong.length)) / outputs.length,
      unit: '%',
      note: `${outputs.length - wrong.length} of ${outputs.length}${styles.length === 0 ? '' : `; not all of: ${styles.join(', ')}`}`,
    },
    {
      name: 'outputs of SmolLM2-135M-Instruct split as a careful reader would',
      value: (100 * same) / real.length,
      unit: '%',
      note: `${same} of ${real.length}`,
    },
  ];
}
