import type { Profile } from '../profile.js';

/** The system message of InternVL2.5's conversation template `internvl2_5`. */
export const internvlSystem = '你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。';

/** InternVL's `load_image` with at most `mostTiles` tiles and a thumbnail. */
export function internvlImages(mostTiles: number): NonNullable<Profile['images']> {
  return {
    kind: 'tiles',
    side: 448,
    mostTiles,
    thumbnail: true,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    before: '<img>',
    token: '<IMG_CONTEXT>',
    tokens: 256,
    after: '</img>\n',
  };
}
