import { object, optional, text } from '../protocol/shape.js';
import { argsOf, type Tool } from './tool.js';

const shape = object({ answer: text, reference: text, question: optional(text) });

export const verifyAnswer: Tool = {
  name: 'verify_answer',
  title: 'Verify an answer',
  description:
    'Whether a final answer is the reference answer, by the rules that label rollouts (numbers, units, fractions, algebra, choices): right, wrong or undecided, with the rule that decided.',
  inputSchema: {
    type: 'object',
    properties: {
      answer: { type: 'string', description: 'The final answer alone, not the whole solution.' },
      reference: { type: 'string' },
      question: { type: 'string', description: 'Says whether the order of a list counts.' },
    },
    required: ['answer', 'reference'],
  },
  run(args, { verifier }, signal) {
    const { answer, reference, question } = argsOf(shape, args);
    return verifier.verify({ answer, reference, ...(question !== undefined && { question }), signal });
  },
};
