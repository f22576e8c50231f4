import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { scopePairs } from '../../scripts/miniature/scopePairs.js';

it('the word pairs of the bundled PRM are those of the generated problems', () => {
  expect(readFileSync('media/models/mini/scope.txt', 'utf8')).toBe(
    scopePairs()
      .map((pair) => `${pair}\n`)
      .join(''),
  );
});
