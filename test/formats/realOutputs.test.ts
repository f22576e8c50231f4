import { expect, it } from 'vitest';
import { stepsOfText } from '../../server/formats/solutionString.js';
import { isReadRight, readOutputs } from '../bench/splitting.js';

const outputs = readOutputs();

it('the step splitter splits more than 90 % of the outputs of a small open model as a careful reader would', () => {
  const wrong = outputs.filter((output) => !isReadRight(output));
  expect(wrong.length / outputs.length, wrong.map(({ output }) => output).join('\n---\n')).toBeLessThan(0.1);
});

it('the step splitter loses no word of the outputs of a small open model', () => {
  for (const { output } of outputs) {
    const steps = stepsOfText(output);
    let end = 0;
    for (const { span } of steps) {
      // Only marks, step labels and white space may be between steps.
      expect(output.slice(end, span.start)).toMatch(
        /^(?:\s|\*\*|[-*+•]|#+|<\/?(?:step|answer|think)>|\(?\d{1,3}[.)]|\*{0,2}step \d+[:.]?\*{0,2})*$/i,
      );
      end = span.end;
    }
    expect(output.slice(end).trim()).toMatch(/^(?:<\/\w+>)*$/);
  }
});
