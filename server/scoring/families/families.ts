import { eurusPrm } from './eurusPrm.js';
import type { Family, ModelTraits } from './family.js';
import { mathShepherd } from './mathShepherd.js';
import { mmPrm } from './mmPrm.js';
import { openRQwen } from './openRQwen.js';
import { qwenMathPrm } from './qwenMathPrm.js';
import { reasonEval7b, reasonEval34b } from './reasonEval.js';
import { reasonFluxPrm } from './reasonFluxPrm.js';
import { rlhflow } from './rlhflow.js';
import { skywork } from './skywork.js';
import { trl } from './trl.js';
import { ursa, ursaImages } from './ursa.js';
import { visualPrm } from './visualPrm.js';
import { vlPrm } from './vlPrm.js';

/** One file each beside this one. */
export const families: readonly Family[] = [
  qwenMathPrm,
  mathShepherd,
  mmPrm,
  visualPrm,
  vlPrm,
  rlhflow,
  skywork,
  trl,
  reasonEval7b,
  reasonEval34b,
  ursa,
  ursaImages,
  reasonFluxPrm,
  openRQwen,
  eurusPrm,
];

export function findFamily(id: string): Family | undefined {
  return families.find((family) => family.id === id);
}

/** The families a model fits by its files: none, one, or several if they do not identify one. */
export function recognizeFamilies(model: ModelTraits): Family[] {
  return families.filter((family) => family.recognizes(model));
}
