import '../styles/theme.css';
import '../styles/panel.css';
import '../styles/evaluation.css';
import { defineControls } from '../controls.js';
import { readEvaluationState, type EvaluationEvents, type EvaluationRequests } from '../protocol.js';
import { connectHost, type VsCodeApi } from '../rpc.js';
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
