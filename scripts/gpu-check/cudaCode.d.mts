export function keepArchitectures(library: Buffer, kept: ReadonlySet<number>): { kept: number; cleared: number };
