import type { LabelJob } from '../../editor/labelerPort.js';
import { serversOf } from '../../editor/labelingRun.js';
import { labelJob, problemIsGone } from '../../editor/labelJob.js';
import type { ScoredDocument } from '../../language/scoredDocument.js';
import { LabelingResults, LabelProblem, MoreRollouts, StopLabeling, TreeViewRequest, TryPolicy } from '../../protocol/labeling.js';
import { RequestError } from '../../protocol/message.js';
import { NodeOfLine, NodePlace, NodeRollouts } from '../../protocol/problemView.js';
import { LabelingServers } from '../../protocol/servers.js';
import { collectBefore } from '../collectGarbage.js';
import type { EditorSession } from '../session.js';

export function handleLabeling(session: EditorSession): void {
  const { door, labeling, service } = session;

  /** Returns a request's document with its last edits. Called once per request: it can be closed at any time. */
  async function documentOf(uri: string): Promise<ScoredDocument> {
    const document = await session.readDocument(uri);
    if (!document) throw new RequestError('failed', problemIsGone());
    return document;
  }

  /** Returns the labeling job. Rejects without trust or consent, before anything is read, sent or written. */
  async function jobOf(document: ScoredDocument, problem: number, again: boolean): Promise<LabelJob> {
    session.requireTrust();
    const settings = await session.settingsFor(document.uri);
    for (const server of serversOf(settings)) session.requireLabelingConsent(server);
    return labelJob(document, problem, {
      settings,
      again,
      place: session.imagePlace(document.uri),
      findImages: (names) => session.findImages(document.uri, names),
    });
  }

  door.handle(LabelProblem, async ({ uri, problem, again }, signal) =>
    labeling.label(await jobOf(await documentOf(uri), problem, again ?? false), problem, signal),
  );
  door.handle(MoreRollouts, async ({ uri, problem, node, count }, signal) => {
    const document = await documentOf(uri);
    return labeling.more(document, problem, node, count, await jobOf(document, problem, false), signal);
  });
  door.handle(LabelingServers, (params) => session.labelingServersToAsk(params));
  door.handle(TryPolicy, async ({ uri, problem }, signal) =>
    labeling.tryPolicy(await jobOf(await documentOf(uri), problem, false), signal),
  );
  door.handle(StopLabeling, ({ file }) => {
    labeling.stop(file);
    return null;
  });
  door.handle(TreeViewRequest, async ({ uri, problem }) => {
    // The document is read first, because it can be closed while the settings are requested.
    const document = await session.readDocument(uri);
    if (document) collectBefore(document.lines.text);
    const { labelingPromptPrice: prompt, labelingCompletionPrice: completion } = await session.settingsFor(uri);
    const images = async (names: readonly string[]): Promise<readonly string[]> => (await session.findImages(uri, names)).uris;
    return await labeling.treeView(uri, problem, document, service.threshold, images, { prompt, completion });
  });
  door.handle(NodeRollouts, async ({ uri, problem, node }) => {
    return labeling.nodeRollouts(uri, problem, node, await session.readDocument(uri), service.threshold);
  });
  door.handle(NodePlace, async ({ uri, problem, node, step, rollout }) =>
    labeling.nodePlace(uri, problem, { node, step, rollout }, await session.readDocument(uri), service.threshold),
  );
  door.handle(NodeOfLine, ({ uri, problem, line }) => labeling.nodeOfLine(uri, problem, line));
  door.handle(LabelingResults, ({ uri }) => session.labelingResults(uri));
}
