import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { MomentMarks } from '../debug/followMoment.js';
import type { EvaluationPanels } from '../panels/evaluationPanels.js';
import type { ReviewPanels } from '../panels/reviewPanels.js';
import type { TreePanels } from '../panels/treePanels.js';
import type { RecordDocuments } from '../views/recordDocuments.js';
import type { Reports } from '../views/reports.js';
import type { RequestDocuments } from '../views/requestDocuments.js';
import type { ReviewSession } from '../views/reviewSession.js';
import type { RunView } from '../views/runView.js';
import type { ActiveFile } from './activeFile.js';
import type { Claims } from './claims.js';
import type { Client } from './client.js';
import type { ServerConsent } from './serverConsent.js';
import type { Settings } from './settings.js';

/** The parts of the extension that every command gets. */
export interface StepLens {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly settings: Settings;
  readonly claims: Claims;
  readonly active: ActiveFile;
  readonly consent: ServerConsent;
  readonly client: Client;
  readonly panels: TreePanels;
  readonly evaluations: EvaluationPanels;
  readonly review: ReviewSession;
  readonly reviews: ReviewPanels;
  readonly requests: RequestDocuments;
  readonly records: RecordDocuments;
  readonly reports: Reports;
  readonly marks: MomentMarks;
  readonly runs: RunView;
}
