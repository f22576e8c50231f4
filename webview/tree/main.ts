import '../shared/texts.js';
import 'katex/dist/katex.css';
import '../shared/theme.css';
import '../shared/panel.css';
import '../shared/math.css';
import './styles/tree.css';
import './styles/details.css';
import './styles/failure.css';
import { defineControls } from '../shared/controls.js';
import { connectHost, type VsCodeApi } from '../shared/rpc.js';
import { startApp } from './app.js';
import { readPersistedState, treeProtocol } from './protocol.js';

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();
defineControls();
startApp({
  document,
  host: connectHost(api, window, treeProtocol),
  restored: readPersistedState(api.getState()),
  save: (state) => api.setState(state),
});
