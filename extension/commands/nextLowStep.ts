import { moveToLowStep } from '../lowSteps.js';
import { targetOf, type Command } from './command.js';

export const nextLowStep: Command = {
  id: 'steplens.nextLowStep',
  async run(stepLens, target) {
    const uri = targetOf(stepLens, target);
    if (uri) await moveToLowStep(stepLens.client, uri, 1, true);
  },
};
