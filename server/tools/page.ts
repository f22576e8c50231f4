import { ToolError } from './tool.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

const pageSize = 20;
/** Maximum UTF-16 units of a text. Longer texts are cut, because an answer has to fit into a conversation. */
const longestText = 1_500;

/** Returns one page of a list. The cursor is the position of its first item. Throws ToolError for an invalid cursor. */
export function pageOf<T>(items: readonly T[], cursor = '0', size = pageSize): Page<T> {
  const start = Number(cursor);
  if (!/^\d+$/.test(cursor) || start > items.length)
    throw new ToolError(`The cursor "${cursor}" is not one of these pages: leave it out to begin at the first.`);
  const end = start + size;
  return { items: items.slice(start, end), total: items.length, ...(end < items.length && { nextCursor: String(end) }) };
}

export function shortened(text: string, length = longestText): string {
  return text.length <= length
    ? text
    : `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}… (${text.length - length} more characters)`;
}
