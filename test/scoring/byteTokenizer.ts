/** A byte-level tokenizer without merges: id = byte, then the added tokens from 256 on. */
export function byteTokenizerJson(added: readonly { content: string; special?: boolean }[]): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(({ content, special = true }, i) => ({
      id: 256 + i,
      content,
      special,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', dropout: null, unk_token: null, vocab: byteAlphabet(), merges: [] },
  };
}

/** GPT-2's printable character for every byte. */
function byteAlphabet(): Record<string, number> {
  const vocab: Record<string, number> = {};
  let moved = 0;
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    vocab[String.fromCharCode(isPrintable ? byte : 256 + moved++)] = byte;
  }
  return vocab;
}

/** Returns the token ids of a text. */
export function bytes(text: string): number[] {
  return [...Buffer.from(text)];
}

export const testProfile = {
  name: 'test',
  family: 'own',
  graph: 'model.onnx',
  tokenizer: 'tokenizer.json',
  layout: { kind: 'marker', before: '<s>Q: {question}\n', step: '{step}<prm>', marker: '<prm>', encode: 'apart' },
  trim: 'all',
  readout: { kind: 'token-pair', positive: 'Yes', negative: 'No', lookup: 'text' },
  range: [0, 1],
  threshold: 0.5,
  aggregation: 'min',
  maxTokens: 2048,
};

export const testTokenizer = byteTokenizerJson([
  { content: '<s>' },
  { content: '<prm>' },
  { content: 'Yes', special: false },
  { content: 'No', special: false },
]);
export const startId = 256;
export const markerId = 257;
