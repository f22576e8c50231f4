import { moveToLowStep } from '../shell/lowSteps.js';
import { type Command, targetOf } from './command.js';

export const nextLowStep: Command = {
  id: 'steplens.nextLowStep',
  async run(stepLens, target) {
    const uri = targetOf(stepLens, target);
    if (uri) await moveToLowStep(stepLens.client, uri, 1, true);
  },
};
