import '../shared/theme.css';
import '../shared/panel.css';
import './evaluation.css';
import { defineControls } from '../shared/controls.js';
import { connectHost, type VsCodeApi } from '../shared/rpc.js';
import { type EvaluationEvents, type EvaluationRequests, readEvaluationState } from '../tree/protocol.js';
import { startEvaluation } from './app.js';

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();
defineControls();
startEvaluation({
  document,
  host: connectHost<EvaluationRequests, EvaluationEvents>(api, window),
  restored: readEvaluationState(api.getState()),
  save: (state) => api.setState(state),
});
