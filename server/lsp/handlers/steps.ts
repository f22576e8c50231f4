import { fileOutline } from '../../language/fileOutline.js';
import { lowSteps } from '../../language/lowSteps.js';
import { nodeOfStep, problemView } from '../../language/problemView.js';
import { stepAt } from '../../language/stepAt.js';
import { NodeOfStep, ProblemViewRequest } from '../../protocol/problemView.js';
import { FileOutlineRequest, LowSteps, StepAt } from '../../protocol/steps.js';
import type { EditorSession } from '../session.js';

/** Questions about an open document. */
export function handleSteps(session: EditorSession): void {
  const { door } = session;
  door.handle(LowSteps, async ({ uri }) => {
    const document = await session.readDocument(uri);
    return document ? lowSteps(document) : [];
  });
  door.handle(FileOutlineRequest, async ({ uri }) => {
    const document = await session.readDocument(uri);
    return document ? fileOutline(document) : null;
  });
  door.handle(StepAt, async ({ uri, position }) => {
    const document = await session.readDocument(uri);
    return document ? stepAt(document, position) : null;
  });
  door.handle(NodeOfStep, async ({ uri, problem, step }) => {
    const document = await session.readDocument(uri);
    return document ? nodeOfStep(document, problem, step) : null;
  });
  door.handle(ProblemViewRequest, async ({ uri, problem }) => {
    const document = await session.readDocument(uri);
    if (!document) return null;
    const { uris } = await session.findImages(uri, document.reasoning.problems[problem]?.images ?? []);
    return problemView(document, problem, uris);
  });
}
