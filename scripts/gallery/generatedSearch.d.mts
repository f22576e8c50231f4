export function generatedSearch(options: { readonly nodes: number; readonly math?: boolean }): string;
