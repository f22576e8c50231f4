export interface Room {
  readonly folder: string;
  readonly holds: string;
  readonly imports: readonly string[];
  readonly isPure?: true;
}
export const rooms: readonly Room[];
export function roomOf(file: string): Room | undefined;
export function wallBetween(file: string, target: string): string | undefined;
export function packageWall(file: string, name: string): string | undefined;
