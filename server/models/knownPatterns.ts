/**
 * Regexes of published tokenizers that take time in proportion to the text, because the next character decides every
 * choice. A tokenizer without other regexes needs no time limit, which would cost a thread for every text.
 */
const known = new Set([
  // Digits one by one: the bundled model, and SentencePiece vocabularies that were converted.
  '[0-9]',
  '\\d',
  '\\p{N}',
  // GPT-2, RoBERTa, Phi.
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  // Qwen2, Qwen2.5 and Qwen3.
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  // Llama 3.
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
]);

/** Whether every regex in these parts of a tokenizer.json is a known one. */
export function hasKnownPatternsOnly(parts: readonly unknown[]): boolean {
  const open = [...parts];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== 'object' || part === null) continue;
    for (const [key, value] of Object.entries(part)) {
      if (key === 'Regex' && !(typeof value === 'string' && known.has(value))) return false;
      open.push(value);
    }
  }
  return true;
}
