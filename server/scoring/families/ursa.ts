import type { Layout } from '../layouts/layouts.js';
import type { Family, ModelTraits } from './family.js';

/** @param images What replaces the images. */
function layoutWith(images: string): Layout {
  return {
    kind: 'chat',
    system: 'You are a helpful assistant.',
    user: `${images}You are given a problem and a step-by-step solution. You need to check the correctness of each step.\nQuestion:{question}\n{steps}`,
    step: '{step} и\n',
    marker: ' и',
  };
}

/** URSA-RM-8B: `inference/prm_infer_score.py`, its language model alone. The authors score no text without an image. */
export const ursa: Family = {
  id: 'ursa-rm',
  profile: {
    name: 'URSA-RM (text alone)',
    layout: layoutWith(''),
    trim: 'steps',
    readout: { kind: 'sigmoid-head' },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  },
  recognizes: (model) => isUrsa(model) && !model.takesImages,
};

/**
 * The same with its two vision towers (SAM at 1,024 pixels, SigLIP at 384). `steplens export-model` takes `images`
 * from the model's own preprocessor_config.json. These values are for a profile without `images`.
 */
export const ursaImages: Family = {
  id: 'ursa-rm-images',
  profile: {
    ...ursa.profile,
    name: 'URSA-RM',
    layout: layoutWith('{images}'),
    images: {
      kind: 'pad',
      side: 1024,
      least: 14,
      background: [127, 127, 127],
      mean: [0, 0, 0],
      std: [1, 1, 1],
      before: '',
      token: '<|image|>',
      tokens: 576,
      after: '',
    },
  },
  recognizes: (model) => isUrsa(model) && model.takesImages,
};

function isUrsa({ architecture, width }: ModelTraits): boolean {
  return architecture === 'UrsaForTokenClassification' && (width === undefined || width === 1);
}
