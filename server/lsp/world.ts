import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openVerifier } from '../answers/openVerifier.js';
import { bundledPolicy, bundledTexts, inferenceEntry, version } from '../bundled.js';
import type { DebugWorld } from '../debug/debugWorld.js';
import { openEditorJudge, openEditorPolicy } from '../editor/editorPolicy.js';
import { openEditorVerifier } from '../editor/editorVerifier.js';
import type { EvaluationHost } from '../editor/evaluationService.js';
import { createLabeler } from '../editor/labeler.js';
import type { Labeler } from '../editor/labelerPort.js';
import type { EditReader, Reader } from '../editor/openDocument.js';
import type { OpenText } from '../editor/openInput.js';
import { type LoggedRequest, sendRequestAgain } from '../editor/requestService.js';
import type { Clock, Log } from '../editor/service.js';
import { type FoundImages, findImages, type ImagePlace } from '../files/images.js';
import { readEdited, readMappedDocument } from '../files/mappings.js';
import { readerFailed } from '../language/diagnostics.js';
import type { EvaluateOutcome, EvaluateParams } from '../protocol/evaluation.js';
import type { RecognizedFamily } from '../protocol/models.js';
import type { ServerSettings } from '../protocol/settingsTable.js';
import type { ExportOutcome, ExportTrainingParams } from '../protocol/training.js';
import { keyFor } from '../remote/serverKeys.js';
import { type ScorerHost, scoringServer } from '../scoring/backends/modelScorer.js';
import { openScorer, type ScorerSettings } from '../scoring/openScorer.js';
import { recognizeModel, shortestProfile } from '../scoring/recognizeModel.js';
import type { Scorer } from '../scoring/scorer.js';
import { collectBefore } from './collectGarbage.js';
import { readTexts } from './readTexts.js';

/** Longest text read in the editor, in UTF-16 units; the command line reads any length. */
const editorMaxLength = 50_000_000;

/**
 * Reads a text of an editor. An empty text is claimed only as JSON Lines, which can contain nothing but records. A
 * reader that throws adds a fault to the document and does not end the server.
 */
export const readInEditor: Reader = (text, { uri, languageId }) => {
  if (text.trim() === '' && languageId !== 'jsonl') return undefined;
  try {
    collectBefore(text);
    return readMappedDocument(text, uri, languageId, editorMaxLength);
  } catch (error) {
    return { format: 'none', problems: [], faults: [readerFailed(error)] };
  }
};

/** Reads an edited text like `readInEditor`, but only the part that changed. */
export const readEditedInEditor: EditReader = (text, before) => {
  collectBefore(text);
  return readEdited(text, before, editorMaxLength);
};

/** `key`: asks the client for the key of a policy's or a judge's server. */
export interface LabelerOptions {
  readonly log: Log;
  readonly key: (url: string) => Promise<string | undefined>;
  readonly settings: () => Pick<
    ServerSettings,
    'device' | 'threads' | 'labelingJudge' | 'labelingJudgeModel' | 'labelingKeepRequests' | 'verifier'
  >;
  /** Throws if the user has not consented to sending problems for labeling to the server at this URL. */
  readonly requireConsent: (url: string) => void;
}

/** Everything the server reaches outside itself; the tests pass their own. */
export interface ServerWorld {
  readonly version: string;
  readonly read: Reader;
  readonly readEdited?: EditReader;
  readonly clock: Clock;
  createScorer(settings: ScorerSettings, host: ScorerHost): Scorer;
  createLabeler(options: LabelerOptions): Labeler;
  findImages(place: ImagePlace, names: readonly string[]): Promise<FoundImages>;
  /** Options as for `createLabeler`. */
  createDebugWorld(options: LabelerOptions): DebugWorld;
  sendAgain(request: LoggedRequest, place: ImagePlace, options: LabelerOptions, signal: AbortSignal): ReturnType<typeof sendRequestAgain>;
  readText(uri: string): Promise<string>;
  /** Messages in the editor's language, by their English text. Empty for English and for untranslated languages. */
  texts(locale: string | undefined): Promise<Readonly<Record<string, string>>>;
  /** `labeler`: options for opening the verifier of the settings. */
  evaluate(
    params: EvaluateParams,
    signal: AbortSignal,
    host: Omit<EvaluationHost, 'now' | 'openVerifier'>,
    labeler: LabelerOptions,
  ): Promise<EvaluateOutcome>;
  exportTraining(params: ExportTrainingParams, openText: (uri: string) => OpenText | undefined): Promise<ExportOutcome>;
  /** The families a model's folder may belong to, with the profile each would need. Rejects if a file is damaged. */
  recognizeModel(folder: string): Promise<RecognizedFamily[]>;
  /** URL of the server that the profile in a model's folder names. */
  scoringServer(folder: string): Promise<string | undefined>;
}

/** Returns a function that gets a server's key from the client, else from the environment. */
function withEnvironment(key: (url: string) => Promise<string | undefined>): (url: string) => Promise<string | undefined> {
  return async (url) => (await key(url)) ?? keyFor(url, process.env, []);
}

export function createWorld(): ServerWorld {
  const verifier = openVerifier();
  return {
    version,
    read: readInEditor,
    readEdited: readEditedInEditor,
    createScorer: (settings, host) => openScorer(settings, { ...host, isBackground: true, apiKey: withEnvironment(host.apiKey) }),
    createLabeler({ key, ...options }) {
      const host = { ...options, key: withEnvironment(key) };
      return createLabeler(
        (name) => openEditorPolicy(name, { bundledPolicy, inferenceEntry, ...host }),
        (rules, judge) => openEditorJudge(rules, judge, host),
        verifier,
        (message) => options.log.warn(message),
      );
    },
    createDebugWorld({ key, ...options }) {
      const host = { ...options, key: withEnvironment(key) };
      const opened = import('../debug/openTargets.js').then(({ createDebugWorld }) =>
        createDebugWorld({
          openPolicy: (name) => openEditorPolicy(name, { bundledPolicy, inferenceEntry, ...host }),
          openJudge(choice) {
            const { labelingJudge, labelingJudgeModel, verifier: own } = options.settings();
            return openEditorJudge(verifier, { ...(choice ?? { url: labelingJudge, model: labelingJudgeModel }), verifier: own }, host);
          },
          keepsRequests: () => options.settings().labelingKeepRequests !== 'never',
        }),
      );
      return {
        launch: async (configuration) => (await opened).launch(configuration),
        attach: async (configuration) => (await opened).attach(configuration),
      };
    },
    sendAgain: (request, place, { key }, signal) => sendRequestAgain(request, place, withEnvironment(key), signal),
    findImages,
    readText: (uri) => readFile(fileURLToPath(uri), 'utf8'),
    texts: (locale) => readTexts(bundledTexts, locale),
    // Loaded on demand, so that the first marks of a file do not wait for them.
    async evaluate(params, signal, host, { key, ...options }) {
      const { evaluateFiles } = await import('../editor/evaluationService.js');
      return evaluateFiles(params, signal, {
        ...host,
        openVerifier: (rules) => openEditorVerifier(rules, options.settings().verifier, { ...options, key: withEnvironment(key) }),
        now: () => performance.now(),
      });
    },
    exportTraining: async (params, openText) => (await import('../editor/trainingService.js')).exportTraining(params, openText),
    async recognizeModel(folder) {
      const model = await recognizeModel(folder);
      return model ? model.families.map((family) => ({ name: family.profile.name, profile: shortestProfile(model, family) })) : [];
    },
    scoringServer,
    clock: {
      after(ms, action) {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
    },
  };
}
