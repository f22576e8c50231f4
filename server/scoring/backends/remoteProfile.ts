import { english } from '../../l10n.js';
import type { Fields } from '../../models/fields.js';
import { ModelError } from '../../models/modelError.js';
import { profileJson, readProfileFields } from '../../models/modelFiles.js';
import { whereKeysGo, withoutSecrets } from '../../remote/serverAddress.js';
import type { CritiqueScript } from '../critiques/script.js';
import { readJudge } from '../judgeFields.js';
import { parseProfile } from '../loadProfile.js';
import type { Profile } from '../profile.js';
import { type Critique, readCritique } from './critiqueSettings.js';

/** `backend` of a `prm.json`: the server that returns the scores. It never contains the server's key. */
export interface RemoteServer {
  /** `http:` or `https:`, without user, password or query. */
  readonly url: string;
  /** The model's name at the server. */
  readonly model: string;
  /** Requests under way at once. */
  readonly concurrency: number;
}

/** A `prm.json` with `backend`: text goes to a server, and no graph is run here. */
export type RemoteProfile = OpenInferenceProfile | VllmPoolingProfile | ChatLogprobsProfile | JudgeProfile | CritiqueProfile;

interface CommonProfile extends Pick<Profile, 'name' | 'family' | 'range' | 'threshold' | 'aggregation' | 'scope'> {
  readonly server: RemoteServer;
}

/** With the other settings of a profile for a graph on this machine, from the file or from its family. */
interface LaidOutProfile extends CommonProfile {
  readonly local: Profile;
}

/** The graph, served by Triton, KServe or MLServer; text is encoded and scores are read here. */
export interface OpenInferenceProfile extends LaidOutProfile {
  readonly kind: 'open-inference';
  /** Version of the model on the server; the newest one when not given. */
  readonly version?: string;
}

/** A PRM that vLLM serves as a pooling model with one row of label probabilities per step. */
export interface VllmPoolingProfile extends LaidOutProfile {
  readonly kind: 'vllm-pooling';
}

/** A generative PRM: a conversation in which the assistant answers each step of the user with a sign. */
export interface ChatLogprobsProfile extends LaidOutProfile {
  readonly kind: 'chat-logprobs';
}

/** A chat model that is asked whether a step is valid. */
export interface JudgeProfile extends CommonProfile {
  readonly kind: 'judge';
  /** Whether the model is shown a problem's images. */
  readonly images: boolean;
}

/** A generative PRM that writes a critique before its verdict. */
export interface CritiqueProfile extends CommonProfile {
  readonly kind: 'critique';
  /** Whether the model is shown a problem's images. */
  readonly images: boolean;
  readonly critique: Critique;
}

const kinds = ['open-inference', 'vllm-pooling', 'chat-logprobs', 'judge', 'critique'] as const satisfies readonly RemoteProfile['kind'][];
const defaultConcurrency = 4;

/** Checks the content of a `prm.json` with `backend`; throws ModelError naming `path`, the key and what belongs there. */
export function parseRemoteProfile(text: string, path: string): RemoteProfile {
  const root = readProfileFields(text, path);
  const fields = root.object('backend');
  const kind = fields.oneOf('kind', kinds);
  const server = readServer(fields);
  if (kind === 'judge') return { kind, ...readAsked(root, fields, server) };
  if (kind === 'critique') {
    const critique = readCritique(fields, root.text('family'));
    return { kind, ...readAsked(root, fields, server, critique.script), critique };
  }
  const version = kind === 'open-inference' && fields.has('version') ? fields.text('version') : undefined;
  fields.refuseOthers([]);
  const { backend: _, ...rest } = profileJson(text) as Record<string, unknown>;
  // The server has the graph. If text is sent, it also has the tokenizer.
  const served = { graph: 'at the server', ...(kind !== 'open-inference' && { tokenizer: 'at the server' }) };
  const local = parseProfile(JSON.stringify({ ...served, ...rest }), path);
  if (local.readout.kind === 'log-ratio')
    throw new ModelError(
      english(
        "{0}: a 'readout' of the kind \"log-ratio\" compares two graphs on this machine; no server does that. Remove 'backend' and name the files with 'graph' and 'reference'.",
        path,
      ),
    );
  const { name, family, range, threshold, aggregation, scope } = local;
  const common = { name, family, range, threshold, aggregation, ...(scope && { scope }) };
  return { kind, ...common, server, local, ...(version !== undefined && { version }) };
}

function readServer(fields: Fields): RemoteServer {
  const url = fields.text('url');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new ModelError(
      english(
        '{0}: \'backend.url\' is "{1}"; it must be the address of a server, as "http://localhost:8000".',
        fields.path,
        withoutSecrets(url),
      ),
    );
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    // The URL may contain a key, which no message may repeat.
    throw new ModelError(english("{0}: 'backend.url' must have no user, password, query or fragment. {1}", fields.path, whereKeysGo()));
  }
  return {
    url: url.replace(/\/+$/, ''),
    model: fields.text('model'),
    concurrency: fields.has('concurrency') ? fields.whole('concurrency', [1, 10_000], english('requests at once')) : defaultConcurrency,
  };
}

/** Reads the settings of a chat model that is prompted in words. `fields` may have no other field than `images`. */
function readAsked(root: Fields, fields: Fields, server: RemoteServer, known?: CritiqueScript): Omit<JudgeProfile, 'kind'> {
  const images = fields.has('images') ? fields.take('images') : false;
  if (typeof images !== 'boolean') return fields.fail('images', english('true or false'));
  fields.refuseOthers([]);
  const profile = { ...readJudge(root, known), server, images, range: [0, 1] as const };
  root.refuseOthers(['$schema']);
  return profile;
}
