import { InferenceError } from '../inference/client.js';

/** The remedy when memory runs out, as a sentence without its end. */
export function moreMemory(provider: string): string {
  return `Use a smaller precision ("steplens quantise" makes one)${provider === 'cpu' ? '' : ', the device cpu'}`;
}

/** Why a graph cannot be loaded, with the remedy. What ONNX Runtime reports has no code and is recognized by its words. */
export function explainLoadFailure(graphPath: string, profilePath: string, tokenizerPath: string, error: Error): string {
  const reason = error instanceof InferenceError ? error.reason : 'error';
  const cause = error.message.split('\n')[0]!.replace(/[.\s]+$/, '');
  if (reason === 'memory') return `${graphPath} cannot be loaded: ${cause}. ${moreMemory('cpu')}, or a machine with more memory.`;
  if (/protobuf|parsing|Load model|Deserialize/i.test(cause)) {
    return `${graphPath} cannot be loaded: ${cause}. It is damaged or not an ONNX model: download or copy it again.`;
  }
  if (/out of data bounds|indices element/i.test(cause)) {
    return `${graphPath} does not know the token ids of ${tokenizerPath}: ${cause}. Use the tokenizer the model was trained with.`;
  }
  if (reason === 'images' || (reason === 'error' && /pixel_values/.test(cause))) {
    return `${graphPath} and 'images' of ${profilePath} do not fit together: ${cause}. Correct the profile, or export the graph with that input.`;
  }
  if (reason === 'graph') {
    return `${graphPath} cannot be used: ${cause}. Export a causal model as Hugging Face Optimum does (text-generation-with-past, token-classification), or name another file in ${profilePath}.`;
  }
  return `${graphPath} cannot be used: ${cause}. Model and profile: ${profilePath}.`;
}
