import { availableParallelism } from 'node:os';

/** Threads of a run on the CPU: as many as asked for; 0 = half of the cores, at most four, so that an editor stays quick. */
export function threadsFor(asked: number): number {
  return asked || Math.max(1, Math.min(4, availableParallelism() >> 1));
}
