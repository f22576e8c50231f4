import '../shared/theme.css';
import '../shared/panel.css';
import './review.css';
import { defineControls } from '../shared/controls.js';
import { connectHost, type VsCodeApi } from '../shared/rpc.js';
import { startReview } from './app.js';
import type { ReviewEvents, ReviewRequests } from './protocol.js';

declare function acquireVsCodeApi(): VsCodeApi;

defineControls();
void startReview(document, connectHost<ReviewRequests, ReviewEvents>(acquireVsCodeApi(), window));
