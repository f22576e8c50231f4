import { readDocument } from '../../server/formats/registry.js';
import { type ModelOutput, modelOutputs } from '../formats/modelOutputs.js';
import type { Row } from './row.js';

/** Whether an output is split as a careful reader splits it, and its question is its question. */
export function isSplitRight({ style, text, question, steps }: ModelOutput): boolean {
  const problem = readDocument(text, 'markdown')?.problems[0];
  const found = problem?.steps.map((step) => step.text.replace(/\s+/g, ' '));
  const isAsked = style === 'thoughts without a question' || problem?.question === question;
  return isAsked && JSON.stringify(found) === JSON.stringify(steps.map((step) => step.replace(/\s+/g, ' ')));
}

/** The share of model outputs in all styles of test/formats/modelOutputs.ts that are split as a careful reader would. */
export function measure(): Row[] {
  const outputs = modelOutputs();
  const wrong = outputs.filter((output) => !isSplitRight(output));
  const styles = [...new Set(wrong.map(({ style }) => style))];
  return [
    {
      name: 'model outputs split as a careful reader would',
      value: (100 * (outputs.length - wrong.length)) / outputs.length,
      unit: '%',
      note: `${outputs.length - wrong.length} of ${outputs.length}${styles.length === 0 ? '' : `; not all of: ${styles.join(', ')}`}`,
    },
  ];
}
