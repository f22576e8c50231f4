import { lastItem } from '../../reasoning/present.js';
import type { Backend, BackendContext, ScorePath } from './backend.js';
import { createChatModel, userMessage } from './chatModel.js';
import type { JudgeProfile } from './remoteProfile.js';

/** The spellings MM-PRM's judge looks for; the likelier one counts. */
const yes = ['Yes', 'YES'];
const no = ['No', 'NO'];

/**
 * A chat model that is asked whether a step is valid, given the problem, its answer and the steps before: P(Yes) against
 * P(No), with the sections and the readout of MM-PRM's `data_pipeline/mllm_as_a_judge.py`. Its values are an opinion about
 * the step, not the estimate of a PRM: they count as `judge` values.
 */
export function openScoringJudge(profile: JudgeProfile, context: BackendContext): Backend {
  const chat = createChatModel(profile.server, context);
  return {
    asks: 'step',
    readsImages: profile.images,
    readsAnswer: true,
    open: (signal) => chat.open(signal),
    score: (path, signal) => chat.ask([userMessage(judgePrompt(path), path.images)], yes, no, signal),
    dispose: () => chat.dispose(),
  };
}

/** A problem without a reference answer has no section for it. */
function judgePrompt({ question, answer, steps }: Pick<ScorePath, 'question' | 'answer' | 'steps'>): string {
  const sections = [
    ['Problem', question],
    ...(answer === undefined ? [] : [['Correct Answer', answer]]),
    ['Partial Solution', steps.slice(0, -1).join('\n\n') || 'No partial solution'],
    ['Following Steps', lastItem(steps)],
  ];
  return [
    'Below, each under its name in brackets, are a problem, what is known of its answer, a partial solution, and the steps that follow it.',
    'Judge the following steps alone: do they hold, logically and mathematically, after the partial solution?',
    'Reply with the single word "Yes" if they are valid and "No" if they are not.',
    ...sections.map(([name, text]) => `[${name}]\n\n${text}`),
  ].join('\n\n');
}
