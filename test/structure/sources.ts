import { readdirSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';

export interface Source {
  /** Path from the repository root, with `/`. */
  readonly file: string;
  readonly text: string;
}

/** Our own sources below a folder. */
export function sourcesIn(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort()
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }));
}

export interface Import {
  readonly to: string;
  /** Whether the import is erased at run time. */
  readonly isType: boolean;
}

const statement = /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\sfrom\s+)?'(\.[^']+)\.js'/gm;

/** Files of ours that a source imports. */
export function importsOf({ file, text }: Source): Import[] {
  return [...text.matchAll(statement)].map(([, type, names, path]) => ({
    to: posix.join(dirname(file), `${path}.ts`),
    isType: type !== undefined || (names !== undefined && isTypesOnly(names)),
  }));
}

/** `{ type A, type B }`: every name is a type. */
function isTypesOnly(names: string): boolean {
  const inside = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  const parts = inside
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts !== undefined && parts.every((part) => part.startsWith('type '));
}
