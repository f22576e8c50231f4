import { evaluate } from './evaluate.js';
import { explainLabel } from './explainLabel.js';
import { listProblems } from './listProblems.js';
import { lowSteps } from './lowSteps.js';
import { readProblem } from './readProblem.js';
import { scoreProblem } from './scoreProblem.js';
import type { Tool } from './tool.js';
import { verifyAnswer } from './verifyAnswer.js';

/** Every tool, in the order in which they are listed. */
export const tools: readonly Tool[] = [listProblems, readProblem, lowSteps, explainLabel, verifyAnswer, scoreProblem, evaluate];
