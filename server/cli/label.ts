import { problemImages } from '../files/images.js';
import { Breaker, OutageError } from '../labeling/breaker.js';
import { lacksTokens, money, type Prices } from '../labeling/economy/ledger.js';
import { planLabeling } from '../labeling/economy/plan.js';
import { isVerifierFailure } from '../labeling/judge.js';
import { LabelError } from '../labeling/labelError.js';
import type { LabelWorld } from '../labeling/labelProblem.js';
import { labelRun, type RunOptions, type RunSummary } from '../labeling/labelRun.js';
import { openJudge } from '../labeling/policies/openPolicy.js';
import { type Policy, PolicyError } from '../labeling/policy.js';
import { labelProblems } from '../labeling/problemFile.js';
import type { RunRolloutCounts } from '../labeling/rolloutCounts.js';
import type { JudgedRollout, ProblemToLabel } from '../labeling/runEvents.js';
import { countedNoun } from '../language/solutionValues.js';
import { keyFor, originOf } from '../remote/serverKeys.js';
import { type CliCommand, type CliWorld, exitCodes } from './command.js';
import { shortMoney, unreportedText } from './cost.js';
import { imagesHelp, placeOfFile } from './imageFolders.js';
import { type LabelCliOptions, readLabelOptions } from './labelOptions.js';
import { LabelProgress, rate } from './labelProgress.js';
import { planText } from './planText.js';
import { ReportedInput } from './reportedInput.js';
import { writeArray } from './slurm.js';
import { openChosenVerifier, verifierHelp } from './verifierOption.js';

export const label: CliCommand = {
  name: 'label',
  summary: 'label the steps of a policy by MCTS or Monte-Carlo rollouts; resumable',
  help: `Usage: steplens label PROBLEMS --policy POLICY --out DIR [OPTIONS]

Lets a policy solve problems, judges its answers, and writes what every step is worth. PROBLEMS is a
JSON array or JSON Lines of {"id", "question", "correct_answer", "image_path"}. For each problem DIR
gets the result and the log of everything that happened. The same command continues from where it was
stopped or killed and ends with the same files.

  --policy POLICY      mini (the bundled model), the folder of a model with its policy.json, or the
                       URL of an OpenAI-compatible server, such as http://localhost:8000/v1;
                       repeated for several servers of the same model
  --out DIR            folder of the run
  --seed N             what is sampled is drawn from it (default: 1)
  --method M           mcts: MM-PRM's search, one tree a problem (default)
                       monte-carlo: VisualPRM's continuations of every step, one JSONL a problem
  --jobs N             problems at once (default: 4, with a server as many up to 64 as make it
                       faster); the files do not depend on it
  ${imagesHelp.replace('DIR     ', 'DIR         ').replaceAll('\n', '\n    ')}
  --plan               label a few problems, drawn at random, and predict what all of them take: rollouts,
                       tokens, time and price with a 95 % interval; the labels are kept, and the same
                       command without --plan continues
  --restart            discard what DIR has of an earlier run
  --shared             other processes that run the same command, on any machine that has DIR, label
                       other problems of it at the same time; start and stop any number of them
  --shard I/N          as --shared, but only every N-th problem, beginning with the I-th
  --slurm N            write DIR/label.sbatch, a Slurm script with N tasks of this command, and end
  --price-in X, --price-out X
                       price of a million prompt and completion tokens, for the summary; "steplens cost
                       DIR" says what all parts of a run cost
  --keep-requests      keep every request to policy and judge with its reply in the event logs (no keys;
                       images as digests; at most 32 MiB a problem)
  --progress S         where there is no terminal, a line every so many seconds (default: 30; 0: none)
  --progress-json FILE append the state of the run to FILE as a JSON object every --progress seconds
  --metrics FILE       keep the latest numbers in FILE in Prometheus' text format
  --no-fsync           do not wait until each batch of rollouts is on the disk
  --queue URL          share the problems through a Redis server, where the machines have no common
                       folder: redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]
  --stalled-after S    a process not heard of for so long loses its problems to others (default: 30)

mcts:
  --preset paper       MM-PRM's own run: 200 searches, 1000 rollouts, length scale 2000, and its sampling:
                       temperature 1, top_p 0.9, top_k 50, repetition penalty 1.05, 4096 tokens, its
                       system prompt
  --rollouts N         rollouts from every state (default: 16)
  --searches N         binary searches at most (default: 20)
  --budget N           no search begins after so many rollouts (default: 200)
  --c-puct X, --alpha X, --beta X, --length-scale X
                       what makes a rollout promising (default: 0.125, 0.5, 0.9, 500)
monte-carlo:
  --solutions N        solutions of a problem (default: 4)
  --continuations N    rollouts from every step (default: 16)
  --max-steps N        longer solutions have neighboring steps merged (default: 12)
  --threshold X        a step is right when more than this share succeeds (default: 0)
  --early-stop         leave the steps after the first wrong one unsampled
  --stop-when-decided  continue a step in batches of 1, 2, 4, ... only until its label is decided; the
                       labels are those of all continuations, at a fraction of the cost
  --reuse              count a continuation that writes the solution's next steps for these too, and each
                       solution for its own steps: the same labels of fewer rollouts
  --precision X        for soft values: continue a step only until its value is known to +-X, by an
                       interval that covers it with 95 % however often one looks
  --skip-uniform       leave the steps of a problem unsampled whose solutions are all right or all wrong

A server as policy; its key comes from the environment: STEPLENS_API_KEY, for the server at
STEPLENS_API_URL, or without that for the only server named here; OPENAI_API_KEY, for the one at
OPENAI_BASE_URL, or without that for api.openai.com:
  --model NAME         which of its models (default: its only one)
  --mode MODE          chat or completions (default: chat)
  --temperature X, --top-p X, --max-tokens N
                       sampling (default: 1, the server's own, 2048)
  --concurrency N, --timeout SECONDS, --retries N
                       most requests at once, and patience (default: 64, 280, 3); a streamed reply may
                       take longer, the time is that from one piece to the next
  --continuation WAY   how a chat model continues from a step: prefix (its own open message), prompt (the
                       steps so far go into the question), or auto: ask the server (default)
  --system-prompt TEXT, --template TEXT, --stop TEXT, --step-delimiter TEXT
                       the template has {question}, and {steps} for the steps so far; \n is a new line;
                       --stop may be repeated
  --extra-body JSON    further fields of every request, such as '{"top_k": 50}'
  --patience SECONDS   how long the run waits and tries again while policy or judge are away (default: 900);
                       then it ends with exit code 2, and the same command continues
  --max-failed X       a problem of whose rollouts more than this share failed stays open, and so does one
                       without a right or wrong rollout from its question (default: 0.5); the same command
                       samples these again
  --retry-failed       sample finished problems again too, from their first batch that failed
A local model:
  --device D, --threads N
                       as for steplens score
Verdicts:
  ${verifierHelp(21)}
  --judge URL --judge-model NAME
                       asked where the rules cannot decide whether an answer is right
  --max-undecided X    an undecided rollout is neither right nor wrong and part of no value; when more
                       than this share of the judged rollouts is undecided the run stops (default: 0.5)

With --shared a file DIR/NAME.claim says which process has a problem. One whose process was killed is
taken over: at once on the same machine, after a minute from another one.

With --queue each problem is labeled by one process, and every process ends when all are finished,
with the same totals. What was sampled is kept in Redis until then, so a problem whose process was
killed continues where it was. A problem that cannot be labeled is tried three times, then reported.
Files are written by the process that labeled the problem; a process whose DIR is another folder
gets them too when the run is over. So DIR may be one shared folder or a folder on each machine.
Where a model is served, time limits, --jobs and larger budgets are no part of what makes the command
the same.

Exit codes: 0 done, 2 bad usage, unreadable input, or a problem that could not be labeled (the
others are), 130 interrupted.
`,
  async run(args, world) {
    const options = readLabelOptions(args);
    const input = new ReportedInput([options.problemsFile], world);
    const problems: ProblemToLabel[] = [];
    for await (const { file, reasoning, lines } of input.files()) {
      const read = labelProblems(reasoning.problems);
      for (const { offset, message } of read.faults) input.complain(`${file}:${lines.position(offset).line + 1}: ${message}`);
      for (const problem of read.problems) problems.push(problem);
    }
    if (problems.length === 0) {
      if (input.failed === 0)
        input.complain(
          `${options.problemsFile}: there is no problem to label; it takes a JSON array or JSON Lines of {"id", "question", "correct_answer", "image_path"}`,
        );
      return exitCodes.unusable;
    }
    const { slurm, shard } = options;
    if (slurm !== undefined) return await writeArray(options.out, slurm, args, world);
    const own = shard === undefined ? problems : problems.filter((_, i) => i % shard.of === shard.index);
    const failed = await labelAll(own, problems, options, world);
    return failed === 'interrupted' ? exitCodes.interrupted : failed || input.failed > 0 ? exitCodes.unusable : exitCodes.done;
  },
};

/** Returns whether something could not be labeled. */
async function labelAll(
  problems: readonly ProblemToLabel[],
  listed: readonly ProblemToLabel[],
  options: LabelCliOptions,
  world: CliWorld,
): Promise<boolean | 'interrupted'> {
  const { signal } = world;
  const progress = new LabelProgress(world, problems.length, options.progress);
  const say = (message: string): void => progress.say(message);
  const servers = [options.policy.policy, ...(options.policy.more ?? []), options.judge?.url ?? ''];
  const named = [...servers, options.verifier ?? ''].flatMap((url) => originOf(url) ?? []);
  const host = { key: (url: string) => keyFor(url, world.env, named), log: { info: () => undefined, warn: say } };
  const verifier = openChosenVerifier(options.verifier, world, servers);
  let policy: Policy | undefined;
  try {
    await progress.begin();
    policy = world.openPolicy(options.policy, host);
    const imagesOf = placeOfFile(options.problemsFile, options.images);
    const labelWorld: LabelWorld = {
      policy,
      judge: openJudge(verifier, options.judge, {
        ...host,
        breaker: new Breaker({ patience: options.patience, report: say, who: 'judge' }),
      }),
      folder: options.out,
      images: (names: readonly string[]) => problemImages(imagesOf, names),
      report: say,
      now: () => world.date(),
      breaker: new Breaker({ patience: options.patience, report: say }),
      mostFailed: options.mostFailed,
      retryFailed: options.retryFailed,
      ...(options.isUnsynced && { isUnsynced: true }),
      ...(options.keepsRequests && { keepsRequests: true }),
    };
    return await runOrPlan(problems, listed, options, labelWorld, progress, world);
  } catch (error) {
    if (signal.aborted) {
      say(`interrupted after ${countedNoun(progress.finished, 'problem')} of ${problems.length}; the same command resumes from here`);
      return 'interrupted';
    }
    if (!(error instanceof PolicyError || error instanceof LabelError || error instanceof OutageError)) throw error;
    say(error.message);
    return true;
  } finally {
    await Promise.all([progress.close(), policy?.dispose(), verifier.dispose()]);
  }
}

/** Reports once each for the verifier and the judge why an answer is undecided. */
class FirstFailures {
  readonly #said = new Set<string>();

  note(rollouts: readonly JudgedRollout[], say: (message: string) => void): void {
    for (const rollout of rollouts) {
      if ('failure' in rollout) continue;
      if (rollout.judgeFailure !== undefined) this.#once('judge', rollout.judgeFailure, say);
      if (rollout.reason !== undefined && isVerifierFailure(rollout)) this.#once('verifier', rollout.reason, say);
    }
  }

  #once(who: string, why: string, say: (message: string) => void): void {
    if (this.#said.has(who)) return;
    this.#said.add(who);
    say(`the ${who} failed, so an answer is undecided: ${why}`);
  }
}

/** Returns whether something could not be labeled. */
async function runOrPlan(
  problems: readonly ProblemToLabel[],
  listed: readonly ProblemToLabel[],
  options: LabelCliOptions,
  labelWorld: LabelWorld,
  progress: LabelProgress,
  world: CliWorld,
): Promise<boolean> {
  const { problemsFile, settings, jobs, restart, mostUndecided, queue, isShared, prices } = options;
  const { out, signal } = world;
  const started = world.now();
  const isRemote = /^https?:/i.test(options.policy.policy);
  const scaled = jobs === undefined && isRemote ? { jobs: 4, mostJobs: 64 } : { jobs: jobs ?? 4 };
  const common = { problems, problemsFile, settings, ...scaled, mostUndecided, signal };
  const run = { ...common, listed, restart, isShared, ...listeners(progress) };
  if (options.isPlan) {
    // A problem of an earlier round is skipped in the next one and counts once.
    const onProblem: RunOptions['onProblem'] = (problem, outcome) => void (outcome.kind !== 'skipped' && run.onProblem?.(problem, outcome));
    const plan = await planLabeling({ ...run, onProblem, mostJobs: run.jobs }, labelWorld, { ...(prices && { prices }) });
    progress.clear();
    if (plan !== undefined) out.write(planText(plan, options.out, run.jobs));
    return plan === undefined || plan.summary.failed + plan.summary.open > 0;
  }
  let isFirst = true;
  const summary =
    queue === undefined
      ? await labelRun(run, labelWorld)
      : // BullMQ is loaded only when a queue is used.
        await (await import('../labeling/queue/labelQueue.js')).labelQueue(
          {
            ...common,
            ...queue,
            onTrouble: (message) => progress.say(message),
            onProgress(all) {
              progress.share(all, isFirst);
              isFirst = false;
            },
            onProblem(_, outcome) {
              if (outcome.kind === 'failed' || outcome.kind === 'open') progress.say(outcome.message);
            },
          },
          labelWorld,
        );
  progress.clear();
  out.write(summaryLine(summary, options, world.now() - started, progress.before));
  return summary.failed + summary.open > 0;
}

/** Listeners that report a run of this process. */
function listeners(progress: LabelProgress): Pick<RunOptions, 'onEvent' | 'onProblem'> {
  const failures = new FirstFailures();
  return {
    onEvent(_, event, isRecorded) {
      if (isRecorded) return;
      progress.add(event);
      if (event.event === 'rollouts') failures.note(event.rollouts, (message) => progress.say(message));
    },
    onProblem(_, outcome) {
      progress.end(outcome);
      if (outcome.kind === 'failed' || outcome.kind === 'open') progress.say(outcome.message);
    },
  };
}

function summaryLine(
  summary: RunSummary,
  { out: folder, prices }: Pick<LabelCliOptions, 'out' | 'prices'>,
  ms: number,
  before: number,
): string {
  const { done, skipped, failed, open, rollouts, failures, undecided, judgeFailures } = summary;
  const problems = [
    countedNoun(done, 'problem'),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(open > 0 ? [`${open} open (the same command samples ${open === 1 ? 'it' : 'them'} again)`] : []),
  ].join(', ');
  const flaws = [
    ...(failures > 0 ? [`${failures} failed`] : []),
    ...(undecided > 0 ? [`${undecided} undecided${judgeFailures > 0 ? `, the judge failed for ${judgeFailures}` : ''}`] : []),
  ].join(', ');
  return `${problems} -> ${folder}: ${countedNoun(rollouts, 'rollout')}${flaws === '' ? '' : ` (${flaws})`} in ${(ms / 1000).toFixed(1)} s, ${rate(ms > 0 ? (1000 * (rollouts - before)) / ms : 0)}${costText(summary, prices)}\n`;
}

/** Describes what the rollouts of this run cost; empty when there are neither tokens nor judge requests. */
function costText(
  { requests, promptTokens, completionTokens, judgeRequests, judgeTokens, unreported }: RunRolloutCounts,
  prices: Prices | undefined,
): string {
  if (lacksTokens({ requests, judgeRequests, unreported }))
    return `, ${countedNoun(requests + judgeRequests, 'request')}, whose tokens the servers do not report`;
  if (promptTokens + completionTokens + judgeRequests === 0) return '';
  const parts = [
    ...(unreported > 0 ? [unreportedText({ requests, judgeRequests, unreported }).replace(/\.$/, '')] : []),
    `${countedNoun(requests, 'request')} with ${promptTokens.toLocaleString('en-US')} prompt and ${completionTokens.toLocaleString('en-US')} completion tokens`,
    ...(judgeRequests > 0 ? [`${countedNoun(judgeRequests, 'judge call')} with ${judgeTokens.toLocaleString('en-US')} tokens`] : []),
    ...(prices ? [`price ${shortMoney(money({ promptTokens, completionTokens, judgeTokens }, prices))}`] : []),
  ];
  return `, ${parts.join(', ')}`;
}
