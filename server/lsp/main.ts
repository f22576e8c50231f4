/** The language server's process: started by the extension (`--node-ipc`) or by any editor (`--stdio`). */
import { join } from 'node:path';
import { bundledModel, inferenceEntry } from '../bundled.js';
import { startEarly } from '../inference/childProcess.js';

startEarly(inferenceEntry, join(bundledModel, 'model.onnx'));
const { serve } = await import('./serve.js');
serve();
