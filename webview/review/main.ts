import '../shared/texts.js';
import '../shared/theme.css';
import '../shared/panel.css';
import './review.css';
import { defineControls } from '../shared/controls.js';
import { connectHost, type VsCodeApi } from '../shared/rpc.js';
import { startReview } from './app.js';
import { reviewProtocol } from './protocol.js';

declare function acquireVsCodeApi(): VsCodeApi;

defineControls();
void startReview(document, connectHost(acquireVsCodeApi(), window, reviewProtocol));
