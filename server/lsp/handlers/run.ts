import { runReportView } from '../../editor/runService.js';
import { RunReport } from '../../protocol/run.js';
import type { EditorSession } from '../session.js';

export function handleRun(session: EditorSession): void {
  session.door.handle(RunReport, async ({ folder }) => {
    const { labelingPromptPrice: prompt, labelingCompletionPrice: completion } = await session.settingsFor(folder);
    return runReportView(folder, Date.now(), { prompt, completion });
  });
}
