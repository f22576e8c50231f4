/**
 * The inference child with a GPU that fails. The CPU replaces WebGPU, and the first `lives` processes lose it in the
 * graph run after `runs`: the run fails with `message`, or the process aborts if there is none.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { Engine } from '../../server/inference/engine.js';
import type { ToChild } from '../../server/inference/protocol.js';
import { loadRuntime, type Runtime } from '../../server/inference/runtime.js';

export interface FailurePlan {
  /** File to which every process appends a line. */
  readonly journal: string;
  readonly lives: number;
  readonly runs: number;
  readonly message?: string;
}

const plan = JSON.parse(process.env['FAILING_CHILD']!) as FailurePlan;
appendFileSync(plan.journal, 'start\n');
const life = readFileSync(plan.journal, 'utf8').split('\n').length - 1;

async function failingRuntime(): Promise<Runtime> {
  const runtime = await loadRuntime();
  let runs = 0;
  return {
    version: runtime.version,
    missing: (provider) => (provider === 'webgpu' ? undefined : runtime.missing(provider)),
    freeMemory: () => runtime.freeMemory(),
    async createSession(graph, provider, threads) {
      const session = await runtime.createSession(graph, 'cpu', threads);
      if (provider !== 'webgpu') return session;
      return {
        ...session,
        run(feeds, fetches) {
          if (life > plan.lives || ++runs <= plan.runs) return session.run(feeds, fetches);
          if (plan.message === undefined) process.abort();
          throw new Error(plan.message);
        },
      };
    },
  };
}

const engine = new Engine(failingRuntime, (message) => process.send?.(message));
process.on('message', (message: ToChild) => engine.receive(message));
process.on('disconnect', () => process.exit(0));
