/** The worker thread of `openVerifier`: answers one request after another. */

import { parentPort } from 'node:worker_threads';
import { english } from '../l10n.js';
import { messageOf } from '../reasoning/errorText.js';
import { mustHave } from '../reasoning/present.js';
import { verifyAnswer } from './rules.js';
import type { Verdict } from './verdict.js';
import { undecided, type VerifyRequest } from './verifier.js';

const port = mustHave(parentPort, 'thread that started this worker');
port.on('message', (request: VerifyRequest) => {
  port.postMessage(verdictOf(request));
});
port.postMessage('ready');

function verdictOf(request: VerifyRequest): Verdict {
  try {
    return verifyAnswer(request);
  } catch (error) {
    return undecided('error', english('The comparison failed: {0}', messageOf(error)));
  }
}
