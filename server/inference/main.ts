/** The inference child: ONNX Runtime behind Node's IPC. Ends with the process that started it. */
import { Engine } from './engine.js';
import type { ToChild } from './protocol.js';
import { loadRuntime } from './runtime.js';
import { threadsFor } from './threads.js';

if (!process.send) {
  process.stderr.write('This program is started by StepLens, with an IPC channel; it cannot be run by itself.\n');
  process.exit(2);
}

// The runtime is always needed and takes a while to load.
const runtime = loadRuntime();
runtime.catch(() => undefined);
const engine = new Engine(
  () => runtime,
  (message) => process.send?.(message),
);
// The model that is probably loaded first: its session is opened while the server is still loading its own code.
const [likely] = process.argv.slice(2);
if (likely !== undefined) engine.openEarly(likely, threadsFor(0));
process.on('message', (message: ToChild) => engine.receive(message));
process.on('disconnect', () => process.exit(0));
