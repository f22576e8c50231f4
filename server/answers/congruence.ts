import { itemAt } from '../reasoning/present.js';
import type { Verdict } from './verdict.js';

/** A residue class: `x \equiv 3 \pmod 7`, `3 (mod 7)`. */
export interface Congruence {
  readonly value: bigint;
  readonly modulus: bigint;
}

/** Reads a residue class; `17 \bmod 5` is a number and not a class. */
export function readCongruence(text: string): Congruence | undefined {
  const match =
    /^(?:[a-zA-Z]\s*(?:\\equiv|≡|=)\s*)?(-?\d{1,30})\s*(?:\\pmod\s*\{?\s*(\d{1,30})\s*\}?|\(\s*\\?b?mod(?:ulo)?\s*(\d{1,30})\s*\))$/.exec(
      text,
    ) ?? /^[a-zA-Z]\s*(?:\\equiv|≡)\s*(-?\d{1,30})\s*,?\s*\\?b?mod(?:ulo)?()\s*\{?(\d{1,30})\}?$/.exec(text);
  if (match === null) return undefined;
  const modulus = BigInt(match[2] || itemAt(match, 3));
  return modulus > 1n ? { value: BigInt(itemAt(match, 1)), modulus } : undefined;
}

/** Compares a class with a class or a number (undefined: neither). Of the numbers, only the least member is right. */
export function compareCongruences(class_: Congruence, other: Congruence | bigint | undefined): Verdict {
  const { value, modulus } = class_;
  if (other === undefined)
    return { verdict: 'undecided', method: 'unreadable', reason: 'A residue class and something else cannot be compared.' };
  if (typeof other === 'object') {
    const isSame = other.modulus === modulus && (other.value - value) % modulus === 0n;
    return { verdict: isSame ? 'right' : 'wrong', method: 'number' };
  }
  if ((other - value) % modulus !== 0n) return { verdict: 'wrong', method: 'number' };
  return other === value && value >= 0n && value < modulus
    ? { verdict: 'right', method: 'number', reason: 'The modulus is left out on one side.' }
    : { verdict: 'undecided', method: 'number', reason: 'One number of a residue class may not be what was asked for.' };
}
