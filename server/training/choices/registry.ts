import { balancedInformation } from './balancedInformation.js';
import type { SampleChoice } from './choice.js';
import { consensus } from './consensus.js';
import { selfConfidence } from './selfConfidence.js';

export const SAMPLE_CHOICES: readonly SampleChoice[] = [consensus, selfConfidence, balancedInformation];
