/** The language server's process: started by the extension (`--node-ipc`) or by any editor (`--stdio`). */
import { inferenceEntry } from '../bundled.js';
import { startEarly } from '../inference/childProcess.js';

startEarly(inferenceEntry);
const { serve } = await import('./serve.js');
serve();
