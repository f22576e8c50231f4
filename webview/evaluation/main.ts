import '../shared/theme.css';
import '../shared/panel.css';
import './evaluation.css';
import { defineControls } from '../shared/controls.js';
import { connectHost, type VsCodeApi } from '../shared/rpc.js';
import { startEvaluation } from './app.js';
import { type EvaluationEvents, type EvaluationRequests, readEvaluationState } from './protocol.js';

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();
defineControls();
startEvaluation({
  document,
  host: connectHost<EvaluationRequests, EvaluationEvents>(api, window),
  restored: readEvaluationState(api.getState()),
  save: (state) => api.setState(state),
});
