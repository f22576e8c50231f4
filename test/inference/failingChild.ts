/**
 * The inference child with a GPU that fails. Its WebGPU is the CPU by another name, and the first `lives` processes lose it
 * in the run of the graph after `runs`: they meet `message`, or abort where there is none.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { Engine } from '../../server/inference/engine.js';
import type { ToChild } from '../../server/inference/protocol.js';
import { loadRuntime, type Runtime } from '../../server/inference/runtime.js';

export interface FailurePlan {
  /** Every process leaves a line here. */
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
