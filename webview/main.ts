import 'katex/dist/katex.css';
import './styles/theme.css';
import './styles/panel.css';
import './styles/tree.css';
import './styles/details.css';
import { startApp } from './app.js';
import { defineControls } from './controls.js';
import { readPersistedState } from './protocol.js';
import { connectHost, type VsCodeApi } from './rpc.js';

declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();
defineControls();
startApp({
  document,
  host: connectHost(api, window),
  restored: readPersistedState(api.getState()),
  save: (state) => api.setState(state),
});
