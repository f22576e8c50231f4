import { genPrm } from './genPrm.js';
import { rPrm } from './rPrm.js';
import type { CritiqueScript } from './script.js';
import { thinkPrm } from './thinkPrm.js';

/** One file each beside this one. */
export const critiqueScripts: readonly CritiqueScript[] = [thinkPrm, genPrm, rPrm];

export function findScript(id: string): CritiqueScript | undefined {
  return critiqueScripts.find((script) => script.id === id);
}
