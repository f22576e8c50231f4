/** The language server's process: started by the extension (`--node-ipc`) or by any editor (`--stdio`). */
import { serve } from './serve.js';

serve();
