/** A program with an inference child: `parentProcess.ts ENTRY killed|done` keeps running until killed, or finishes. */
import { InferenceClient } from '../../server/inference/client.js';

const [entry, how] = process.argv.slice(2);
const log = (message: string) => void process.stdout.write(`${message}\n`);
const client = new InferenceClient({ entry: entry!, log: { info: log, warn: log } });
void client.load({ graphPath: 'ok', device: 'cpu', threads: 1, warmup: new Int32Array(0), columns: new Int32Array(0) }).then(() => {
  log('loaded');
  if (how === 'killed') setInterval(() => undefined, 1000);
});
