/** Characters of Python's `str.isspace`. JavaScript's `trim` keeps U+001C to U+001F and U+0085, and removes U+FEFF. */
const blanks = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);

/** Removes the blanks around a text, as Python's `strip` and the `trim` of chat templates in Python do. */
export function strip(text: string): string {
  return stripStart(stripEnd(text));
}

/** Python's `lstrip`. */
export function stripStart(text: string): string {
  let start = 0;
  while (start < text.length && blanks.has(text.charAt(start))) start++;
  return text.slice(start);
}

/** Python's `rstrip`. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && blanks.has(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
