import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt, lastItem } from '../../reasoning/present.js';
import { HttpClient } from '../../remote/httpClient.js';
import { modelsServed } from '../../remote/openAiClient.js';
import { RequestFailure } from '../../remote/requestFailure.js';
import { hasMarker, type Layout, type MarkedLayout } from '../layouts/layouts.js';
import { type Readout, toUnit } from '../readouts/readouts.js';
import type { Backend, BackendContext, PathScores, ScorePath } from './backend.js';
import { readRow, readRows } from './poolingRows.js';
import type { VllmPoolingProfile } from './remoteProfile.js';

/**
 * A PRM that vLLM serves as a pooling model (`POST /pooling`, task `token_classify`, pooling type `STEP`): one row of label
 * probabilities for every marker in the text (vllm/entrypoints/pooling/pooling/protocol.py). The server encodes the text,
 * so a marker inside a text from the file would also be counted.
 */
export function openVllmPooling({ local, server: settings }: VllmPoolingProfile, context: BackendContext): Backend {
  const { readout, range } = local;
  const layout = separated(local.layout, context);
  const { marker } = layout;
  const positive = positiveColumns(readout);
  const server = new HttpClient({ ...context, url: settings.url.replace(/\/v1$/, '') });

  /** Scores the steps before the first text that contains the separator itself. Later steps are not sent. */
  async function score(path: ScorePath, signal: AbortSignal): Promise<PathScores> {
    const { question, steps, wanted } = path;
    const literal = [question, ...steps].findIndex((text) => text.includes(marker));
    if (literal < 0) return ask(path, signal);
    const before = wanted.filter((step) => step < literal - 1);
    const where = literal === 0 ? english('The question') : english('Step {0} of this solution', literal);
    const rest = skip(
      wanted.slice(before.length),
      english('{0} holds the separator {1} itself, which the server would take for the end of a step.', where, JSON.stringify(marker)),
    );
    if (before.length === 0) return rest;
    const { scores, tokens } = await ask({ ...path, steps: steps.slice(0, lastItem(before) + 1), wanted: before }, signal);
    return { scores: [...scores, ...rest.scores], tokens };
  }

  async function ask({ question, steps, wanted }: ScorePath, signal: AbortSignal): Promise<PathScores> {
    const request = { model: settings.model, ...layOut(layout, question, steps), task: 'token_classify', encoding_format: 'float' };
    const reply = (await server.json('/pooling', request, signal)) as { data?: unknown; usage?: { prompt_tokens?: unknown } | null } | null;
    const [pooled] = Array.isArray(reply?.data) ? (reply.data as ({ data?: unknown } | null)[]) : [];
    if (!pooled) throw new RequestFailure(english('The server answered without pooled data.'));
    const rows = readRows(pooled.data, steps.length);
    if (typeof rows === 'string') return skip(wanted, rows);
    const tokens = typeof reply?.usage?.prompt_tokens === 'number' ? reply.usage.prompt_tokens : 0;
    return { scores: wanted.map((step) => toUnit(readRow(itemAt(rows, step), positive), range)), tokens };
  }

  return {
    asks: 'path',
    readsImages: false,
    readsAnswer: false,
    async open(signal) {
      const told = await server.json('/v1/models', undefined, signal).catch((error: unknown) => {
        // A gateway may not list its models. A missing model is then reported by the first request.
        if (error instanceof RequestFailure && error.details.status === 404) return undefined;
        throw error;
      });
      if (told === undefined) return '';
      const { data } = (told ?? {}) as { data?: unknown };
      const models = Array.isArray(data)
        ? data.flatMap((one: { id?: unknown } | null) => (typeof one?.id === 'string' ? [one.id] : []))
        : [];
      if (models.includes(settings.model)) return '';
      throw new ModelError(
        english(
          'The server at {0} has no model "{1}". {2} Correct \'backend.model\' in {3}.',
          settings.url,
          settings.model,
          modelsServed(models),
          context.profilePath,
        ),
      );
    },
    score,
    dispose: () => server.dispose(),
  };
}

function separated(layout: Layout, { profilePath }: BackendContext): MarkedLayout {
  if (hasMarker(layout)) return layout;
  throw new ModelError(
    english(
      '{0}: a backend of the kind "vllm-pooling" needs a \'layout\' of the kind "marker" or "chat" with a \'marker\': the server looks for the separator of the steps.',
      profilePath,
    ),
  );
}

/** Builds the request. The server adds its tokenizer's start tokens and applies the model's chat template. */
function layOut(layout: MarkedLayout, question: string, steps: readonly string[]) {
  const joined = steps.map((step, i) => layout.step.replaceAll('{index}', String(i + 1)).replace('{step}', () => step)).join('');
  const filled: Readonly<Record<string, string>> = { question, steps: joined };
  const fill = (template: string) => template.replace(/\{(question|steps|images|start|bos\??)\}/g, (_, name: string) => filled[name] ?? '');
  if (layout.kind === 'marker') return { input: fill(layout.before) + joined + (layout.after ?? '') };
  const { system, user, assistant } = layout;
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: fill(user) },
    ...(assistant === undefined ? [] : [{ role: 'assistant', content: fill(assistant) }]),
  ];
  return { messages, add_generation_prompt: assistant === undefined };
}

/** For a token pair, `returned_token_ids` of vLLM's pooler are its two tokens, the positive one first. */
function positiveColumns(readout: Readout): readonly number[] {
  return readout.kind === 'label-head' ? readout.positive : [0];
}

function skip(wanted: readonly number[], skipped: string): PathScores {
  return { scores: wanted.map(() => ({ skipped })), tokens: 0 };
}
