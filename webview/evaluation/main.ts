import '../shared/texts.js';
import '../shared/theme.css';
import '../shared/panel.css';
import './evaluation.css';
import { defineControls } from '../shared/controls.js';
import { connectHost, type VsCodeApi } from '../shared/rpc.js';
import { startEvaluation } from './app.js';
import { evaluationProtocol, readEvaluationState } from './protocol.js';

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();
defineControls();
startEvaluation({
  document,
  host: connectHost(api, window, evaluationProtocol),
  restored: readEvaluationState(api.getState()),
  save: (state) => api.setState(state),
});
