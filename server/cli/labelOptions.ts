import { defaultBreaker } from '../labeling/breaker.js';
import type { Prices } from '../labeling/economy/ledger.js';
import { paperSampling, paperSearch } from '../labeling/mcts.js';
import { defaultMostFailed } from '../labeling/openProblem.js';
import type { JudgeChoice, PolicyChoice } from '../labeling/policies/openPolicy.js';
import { defaultLabelSettings, type LabelSettings } from '../labeling/runSettings.js';
import { settingRanges } from '../labeling/settingRanges.js';
import { defaultMostUndecided } from '../labeling/undecided.js';
import { type NumberRange, numberAbove, numberFrom, wholeFrom } from '../reasoning/numberRange.js';
import { UsageError } from './command.js';
import { deviceOption, numberOption, parseOptions, pricesOption, seedOption } from './commandOptions.js';
import { imagesOption } from './imageFolders.js';
import type { ProgressOptions } from './labelProgress.js';
import { verifierOption } from './verifierOption.js';

export interface LabelCliOptions {
  readonly problemsFile: string;
  readonly out: string;
  readonly settings: LabelSettings;
  readonly policy: PolicyChoice;
  readonly judge: JudgeChoice | undefined;
  /** A command or the URL of the user's own endpoint that verifies answers instead of the rules. */
  readonly verifier: string | undefined;
  /** Problems at once; undefined: 4 or, with a server, as many up to 64 as make it faster. */
  readonly jobs: number | undefined;
  readonly restart: boolean;
  /** Whether other processes label into the same folder. */
  readonly isShared: boolean;
  /** Every `of`-th problem, beginning with the `index`-th, counted from 0. */
  readonly shard: { readonly index: number; readonly of: number } | undefined;
  /** Number of tasks of the Slurm script to be written. */
  readonly slurm: number | undefined;
  readonly isUnsynced: boolean;
  /** Event logs keep requests and replies. */
  readonly keepsRequests: boolean;
  readonly prices: Prices | undefined;
  /** Label a few problems and predict what all of them take. */
  readonly isPlan: boolean;
  readonly progress: ProgressOptions;
  /** Share of undecided rollouts beyond which the run stops, in [0, 1]. */
  readonly mostUndecided: number;
  /** Share of failed rollouts beyond which a problem stays open, in [0, 1]. */
  readonly mostFailed: number;
  readonly retryFailed: boolean;
  /** Milliseconds that the run waits for a failing policy. */
  readonly patience: number;
  /** Further folders whose images may be read. */
  readonly images: readonly string[];
  /** The work queue, if other processes help. */
  readonly queue: { readonly address: string; readonly stalledAfter: number } | undefined;
}

/** Seconds of a week: longer times are a mistake, and Node's timers end at 24 days. */
const week = 604_800;

/** Ranges of the numeric options that are not settings of a method (labeling/settingRanges.ts). */
const RANGES = {
  'max-tokens': wholeFrom(1, 1_000_000),
  concurrency: wholeFrom(1, 10_000),
  timeout: numberAbove(0, week),
  retries: wholeFrom(0, 100),
  temperature: numberFrom(0, 100),
  'top-p': numberAbove(0, 1),
  threads: wholeFrom(0, 256),
  jobs: wholeFrom(1, 10_000),
  slurm: wholeFrom(1, 100_000),
  progress: numberFrom(0, week),
  patience: numberFrom(0, week),
  'max-failed': numberFrom(0, 1),
  'max-undecided': numberFrom(0, 1),
  'stalled-after': numberAbove(0, week),
} as const satisfies Readonly<Record<string, NumberRange>>;

/** Option, range and setting, for each method. */
const METHOD_OPTIONS = {
  mcts: [
    ['rollouts', settingRanges.mcts.rollouts, 'rollouts'],
    ['searches', settingRanges.mcts.searches, 'searches'],
    ['budget', settingRanges.mcts.budget, 'budget'],
    ['c-puct', settingRanges.mcts.cPuct, 'cPuct'],
    ['alpha', settingRanges.mcts.alpha, 'alpha'],
    ['beta', settingRanges.mcts.beta, 'beta'],
    ['length-scale', settingRanges.mcts.lengthScale, 'lengthScale'],
  ],
  'monte-carlo': [
    ['solutions', settingRanges['monte-carlo'].solutions, 'solutions'],
    ['continuations', settingRanges['monte-carlo'].continuations, 'continuations'],
    ['max-steps', settingRanges['monte-carlo'].maxSteps, 'maxSteps'],
    ['threshold', settingRanges['monte-carlo'].threshold, 'threshold'],
    ['precision', settingRanges['monte-carlo'].precision, 'precision'],
  ],
} as const;

const MONTE_CARLO_FLAGS = ['early-stop', 'stop-when-decided', 'reuse', 'skip-uniform'] as const;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

const OPTIONS = {
  policy: { type: 'string', multiple: true },
  out: text,
  seed: { type: 'string', default: '1' },
  method: { type: 'string', default: 'mcts' },
  preset: text,
  rollouts: text,
  searches: text,
  budget: text,
  'c-puct': text,
  alpha: text,
  beta: text,
  'length-scale': text,
  solutions: text,
  continuations: text,
  'max-steps': text,
  threshold: text,
  'early-stop': flag,
  precision: text,
  'stop-when-decided': flag,
  reuse: flag,
  'skip-uniform': flag,
  model: text,
  mode: { type: 'string', default: 'chat' },
  temperature: text,
  'top-p': text,
  continuation: { type: 'string', default: 'auto' },
  'extra-body': text,
  'system-prompt': text,
  template: text,
  stop: { type: 'string', multiple: true },
  'step-delimiter': text,
  'max-tokens': text,
  concurrency: text,
  timeout: text,
  retries: text,
  judge: text,
  ...verifierOption,
  'judge-model': text,
  'max-undecided': text,
  'max-failed': text,
  'retry-failed': flag,
  patience: text,
  device: { type: 'string', default: 'auto' },
  threads: text,
  jobs: text,
  restart: flag,
  shared: flag,
  shard: text,
  slurm: text,
  'no-fsync': flag,
  'keep-requests': flag,
  'price-in': text,
  'price-out': text,
  plan: flag,
  progress: text,
  'progress-json': text,
  metrics: text,
  ...imagesOption,
  queue: text,
  'stalled-after': text,
} as const;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

/** Reads the command line of `steplens label`; throws a UsageError for options that conflict and for invalid values. */
export function readLabelOptions(args: readonly string[]): LabelCliOptions {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const given = (name: keyof typeof RANGES): number | undefined => numberOption(name, values[name], RANGES[name]);
  const number = (name: keyof typeof RANGES, otherwise: number): number => given(name) ?? otherwise;
  const [problemsFile, ...more] = positionals;
  if (problemsFile === undefined || more.length > 0) throw new UsageError(`label needs one file of problems, not ${positionals.length}`);
  const [policy, ...others] = values.policy ?? [];
  if (!policy) throw new UsageError('label needs --policy: mini, the folder of a model, or the URL of a server');
  if (!values.out) throw new UsageError('label needs --out DIR');
  const mode = values.mode;
  if (mode !== 'chat' && mode !== 'completions') throw new UsageError(`--mode is chat or completions, not "${mode}"`);
  if (others.length > 0 && ![policy, ...others].every((one) => /^https?:/i.test(one)))
    throw new UsageError('--policy may be repeated for several servers of the same model, each with its URL');
  const { continuation } = values;
  if (continuation !== 'auto' && continuation !== 'prefix' && continuation !== 'prompt')
    throw new UsageError(`--continuation is auto, prefix or prompt, not "${continuation}"`);
  const device = deviceOption(values.device);
  const shard = shardOption(values.shard);
  refuseContradictions(values, shard !== undefined);
  const server = {
    concurrency: number('concurrency', 64),
    timeout: number('timeout', 280) * 1000,
    retries: number('retries', 3),
  };
  const paper = values.preset === 'paper' ? paperSampling : undefined;
  const topP = given('top-p') ?? paper?.topP;
  const extraBody = { ...paper?.extraBody, ...objectOption('extra-body', values['extra-body']) };
  const systemPrompt = values['system-prompt'] ?? paper?.systemPrompt;
  const { template, stop } = values;
  if (template !== undefined && !template.includes('{question}'))
    throw new UsageError('--template needs {question} where the question goes');
  const stepDelimiter = values['step-delimiter']?.replaceAll('\\n', '\n');
  return {
    problemsFile,
    out: values.out,
    settings: methodSettings(values, seedOption(values.seed)),
    policy: {
      policy,
      ...(others.length > 0 && { more: others }),
      device,
      threads: number('threads', 0),
      server: {
        ...server,
        mode,
        continuation,
        temperature: number('temperature', paper?.temperature ?? 1),
        maxTokens: number('max-tokens', paper?.maxTokens ?? 2048),
        ...(Object.keys(extraBody).length > 0 && { extraBody }),
        ...(systemPrompt !== undefined && { systemPrompt }),
        ...(template !== undefined && { template: template.replaceAll('\\n', '\n') }),
        ...(stop !== undefined && { stop: stop.map((one) => one.replaceAll('\\n', '\n')) }),
        ...(stepDelimiter !== undefined && { stepDelimiter }),
        ...(topP !== undefined && { topP }),
        ...(values.model !== undefined && { model: values.model }),
      },
    },
    verifier: values.verifier,
    judge: values.judge === undefined ? undefined : { url: values.judge, model: values['judge-model'] ?? '', server },
    jobs: given('jobs'),
    restart: values.restart,
    isShared: values.shared || shard !== undefined,
    shard,
    slurm: given('slurm'),
    isUnsynced: values['no-fsync'],
    keepsRequests: values['keep-requests'],
    isPlan: values.plan,
    progress: { every: number('progress', 30), stream: values['progress-json'], metrics: values.metrics },
    prices: pricesOption(values['price-in'], values['price-out']),
    mostFailed: number('max-failed', defaultMostFailed),
    retryFailed: values['retry-failed'],
    patience: number('patience', defaultBreaker.patience / 1000) * 1000,
    mostUndecided: number('max-undecided', defaultMostUndecided),
    images: values.images,
    queue: values.queue === undefined ? undefined : { address: values.queue, stalledAfter: number('stalled-after', 30) * 1000 },
  };
}

/** Throws a UsageError for options that exclude or need each other. */
function refuseContradictions(values: Values, isShard: boolean): void {
  if ((values.judge === undefined) !== (values['judge-model'] === undefined))
    throw new UsageError('--judge URL goes with --judge-model NAME');
  if (values.queue === undefined && values['stalled-after'] !== undefined) throw new UsageError('--stalled-after goes with --queue');
  if (values.queue !== undefined && values.restart)
    throw new UsageError(
      '--restart would throw away what other workers are writing; with --queue, remove the folder yourself or choose another',
    );
  for (const [other, isGiven] of [
    ['--queue', values.queue !== undefined],
    ['--restart', values.restart],
  ] as const)
    if (isGiven && (values.shared || isShard || values.slurm !== undefined))
      throw new UsageError(`${other} does not go with --shared, --shard or --slurm`);
  if (isShard && values.slurm !== undefined)
    throw new UsageError(
      '--shard does not go with --slurm: each task would label the same part; the tasks of the script share all problems',
    );
  if (values.plan && (values.queue !== undefined || values.slurm !== undefined || values.shared || isShard))
    throw new UsageError('--plan does not go with --shared, --shard, --slurm or --queue: plan with one process first');
}

/** `I/N`, I from 1 to N. */
function shardOption(given: string | undefined): LabelCliOptions['shard'] {
  if (given === undefined) return undefined;
  const [, index, of] = (/^(\d+)\/(\d+)$/.exec(given) ?? []).map(Number);
  if (index === undefined || of === undefined || index < 1 || index > of || of > 1_000_000)
    throw new UsageError(`--shard is I/N, such as 3/8 for the third of eight shards, not "${given}"`);
  return { index: index - 1, of };
}

function methodSettings(values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>, seed: number): LabelSettings {
  const { method, preset } = values;
  if (method !== 'mcts' && method !== 'monte-carlo') throw new UsageError(`--method is mcts or monte-carlo, not "${String(method)}"`);
  const other = method === 'mcts' ? 'monte-carlo' : 'mcts';
  const foreign = [...METHOD_OPTIONS[other].map(([option]) => option), ...(method === 'mcts' ? MONTE_CARLO_FLAGS : ['preset'])].find(
    (option) => values[option] !== undefined && values[option] !== false,
  );
  if (foreign !== undefined) throw new UsageError(`--${foreign} goes with --method ${other}`);
  if (values.precision !== undefined && values['stop-when-decided'] === true)
    throw new UsageError('--precision does not go with --stop-when-decided: one is for values, the other for labels');
  if (preset !== undefined && preset !== 'paper') throw new UsageError(`--preset is paper, not "${String(preset)}"`);
  const given = Object.fromEntries(
    METHOD_OPTIONS[method].flatMap(([option, range, setting]) => {
      const value = numberOption(option, values[option] as string | undefined, range);
      return value === undefined ? [] : [[setting, value]];
    }),
  );
  return method === 'mcts'
    ? { ...defaultLabelSettings.mcts, ...(preset === 'paper' && paperSearch), ...given, seed }
    : {
        ...defaultLabelSettings['monte-carlo'],
        ...given,
        earlyStop: values['early-stop'] === true,
        ...(values['stop-when-decided'] === true && { stopWhenDecided: true }),
        ...(values.reuse === true && { reuse: true }),
        ...(values['skip-uniform'] === true && { skipUniform: true }),
        seed,
      };
}

function objectOption(name: string, given: string | undefined): Record<string, unknown> {
  if (given === undefined) return {};
  try {
    const value: unknown = JSON.parse(given);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The error below reports it.
  }
  throw new UsageError(`--${name} is a JSON object, such as '{"top_k": 50}', not "${given}"`);
}
