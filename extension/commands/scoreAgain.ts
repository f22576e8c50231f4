import { type Command, targetOf } from './command.js';
import { score } from './scoreDocument.js';

/** Scores a document without using the cache. */
export const scoreAgain: Command = {
  id: 'steplens.scoreAgain',
  run: (stepLens, target) => score(stepLens, targetOf(stepLens, target), true),
};
