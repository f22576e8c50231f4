import { runReportView } from '../../editor/runService.js';
import { RunReport } from '../../protocol/run.js';
import type { Session } from '../session.js';

export function handleRun({ door }: Session): void {
  door.handle(RunReport, ({ folder }) => runReportView(folder, Date.now()));
}
