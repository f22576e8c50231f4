/** Models on disk. */
import { request } from './message.js';
import { type Infer, list, object, text } from './shape.js';

const recognizedFamily = object({
  name: text,
  /** The text of the `prm.json` for this family. */
  profile: text,
});
export type RecognizedFamily = Infer<typeof recognizedFamily>;

/** The families a model without `prm.json` may belong to: none, one, or several. */
export const RecognizeModel = request({
  method: 'steplens/recognizeModel',
  to: 'server',
  /** `folder`: path of the model's folder. */
  params: object({ folder: text }),
  result: list(recognizedFamily),
});
