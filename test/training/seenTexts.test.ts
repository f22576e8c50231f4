import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenTexts } from '../../server/training/seenTexts.js';

describe('SeenTexts', () => {
  it('recognizes repeated texts as a Set does, also among 20,000 texts', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('', 'a', 'b', 'ab', 'ba'))), (texts) => {
        const [seen, set] = [new SeenTexts(), new Set<string>()];
        for (const text of texts) {
          expect(seen.add(text)).toBe(!set.has(text));
          set.add(text);
        }
      }),
    );
    const seen = new SeenTexts();
    const added = (): number => Array.from({ length: 20_000 }, (_, i) => seen.add(`Step ${i} of the solution`)).filter(Boolean).length;
    expect([added(), added()]).toEqual([20_000, 0]);
  });
});
