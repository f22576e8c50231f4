export function report(results?: unknown): string;
