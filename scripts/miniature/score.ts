import { fileURLToPath } from 'node:url';
import type { ProblemImage } from '../../server/models/images/imageFile.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';

/** Scores of a solution's steps in [0, 1], one each. */
export type ScoreSteps = (question: string, steps: readonly string[], images: readonly ProblemImage[]) => Promise<number[]>;

export const modelFolder = fileURLToPath(new URL('../../media/models/mini', import.meta.url));

/** The bundled model in StepLens' own scorer, on the CPU so that the figures do not depend on the machine; dispose of it after use. */
export function openMiniPrm(): { score: ScoreSteps; dispose: () => Promise<void> } {
  const scorer = createScorer({
    modelFolder,
    device: 'cpu',
    threads: 0,
    inferenceEntry: fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url)),
    log: { info: () => undefined, warn: (message) => console.warn(message) },
  });
  return {
    async score(question, steps, images) {
      const { scores } = await scorer.score({
        question,
        images,
        steps: steps.map((text, i) => (i === 0 ? { text } : { text, parent: i - 1 })),
      });
      return [...scores];
    },
    dispose: () => scorer.dispose(),
  };
}
