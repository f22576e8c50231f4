export function withTable(page: string): string;
