import { runReportView } from '../../editor/runService.js';
import { RunReport } from '../../protocol/run.js';
import type { EditorSession } from '../session.js';

export function handleRun({ door }: EditorSession): void {
  door.handle(RunReport, ({ folder }) => runReportView(folder, Date.now()));
}
