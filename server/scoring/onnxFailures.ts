import { InferenceError } from '../inference/client.js';
import { english } from '../l10n.js';
import { causeOf } from '../models/modelError.js';

/** The remedy when memory runs out, as a sentence that the caller completes. */
function moreMemory(provider: string): string {
  return english('Use a smaller precision ("steplens quantise" makes one){0}', provider === 'cpu' ? '' : english(', the device cpu'));
}

/** Why a run of a graph ended when memory ran out, with the remedies. */
export function explainOutOfMemory(graphPath: string, profilePath: string, provider: string, error: Error): string {
  return english(
    "{0} cannot be run: {1}. {2} or a smaller 'maxTokens' in {3}, which leaves long solutions unscored.",
    graphPath,
    error.message,
    moreMemory(provider),
    profilePath,
  );
}

/** Why a graph cannot be loaded, with the remedy. What ONNX Runtime reports has no code and is recognized by its words. */
export function explainLoadFailure(graphPath: string, profilePath: string, tokenizerPath: string, error: Error): string {
  const reason = error instanceof InferenceError ? error.reason : 'error';
  const cause = causeOf(error);
  if (reason === 'memory')
    return english('{0} cannot be loaded: {1}. {2}, or a machine with more memory.', graphPath, cause, moreMemory('cpu'));
  if (/protobuf|parsing|Load model|Deserialize/i.test(cause)) {
    return english('{0} cannot be loaded: {1}. It is damaged or not an ONNX model: download or copy it again.', graphPath, cause);
  }
  if (reason === 'images' || (reason === 'error' && /pixel_values/.test(cause))) {
    return english(
      "{0} and 'images' of {1} do not fit together: {2}. Correct the profile, or export the graph with that input.",
      graphPath,
      profilePath,
      cause,
    );
  }
  if (/out of data bounds|indices element/i.test(cause)) {
    return english(
      '{0} does not know the token ids of {1}: {2}. Use the tokenizer the model was trained with.',
      graphPath,
      tokenizerPath,
      cause,
    );
  }
  if (reason === 'graph') {
    return english(
      '{0} cannot be used: {1}. Export a causal model as Hugging Face Optimum does (text-generation-with-past, token-classification), or name another file in {2}.',
      graphPath,
      cause,
      profilePath,
    );
  }
  return english('{0} cannot be used: {1}. Model and profile: {2}.', graphPath, cause, profilePath);
}
