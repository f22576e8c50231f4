interface Level {
  readonly kind: 'array' | 'object';
  index: number;
  key: string | null;
  expectsKey: boolean;
}

/**
 * The JSON pointer (RFC 6901) of the innermost value at an offset of a JSON text; `''` for the text as a whole. Reads
 * only as far as the offset, without recursion, and skips what is not JSON before it.
 */
export function jsonPointerAt(text: string, offset: number): string {
  const levels: Level[] = [];
  for (let at = 0; at <= offset && at < text.length; ) {
    const sign = text[at]!;
    const top = levels.at(-1);
    if (sign === '"') {
      const end = endOfString(text, at);
      if (top?.kind === 'object' && top.expectsKey) {
        top.key = unquote(text.slice(at, end));
        top.expectsKey = false;
      }
      if (end > offset) break;
      at = end;
      continue;
    }
    if (sign === '{' || sign === '[')
      levels.push({ kind: sign === '{' ? 'object' : 'array', index: 0, key: null, expectsKey: sign === '{' });
    else if ((sign === '}' || sign === ']') && at < offset) levels.pop();
    else if (sign === ',' && at < offset && top !== undefined) {
      top.index++;
      top.key = null;
      top.expectsKey = top.kind === 'object';
    }
    at++;
  }
  // At its opening bracket, a container is the value itself.
  if (levels.length > 0 && /[{[]/.test(text[offset] ?? '')) levels.pop();
  return levels
    .map(({ kind, index, key }) =>
      kind === 'array' ? `/${index}` : key === null ? '' : `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    )
    .join('');
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}
