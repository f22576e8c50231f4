import type { ExportFormat } from './exportFormat.js';

/** InternVL `tools/reasoning_data_pipeline/utils/constants.py`, PRM_SYSTEM_PROMPT: what VisualPRM is trained with. */
const SYSTEM_PROMPT = `You are an advanced AI assistant, designed to serve as a process supervision model. In this task, I will provide a problem statement followed by the first step of the solution process. For each subsequent turn, I will give you a new step in the solution. Your role is to assess whether the solution process is correct up to the current step.

- In the **first round**, I will input the problem and the first step of the solution process.
- In **each subsequent round**, I will provide the next step in the solution.

For each step, you should:

- Respond with **"+"** if you believe the solution process is correct up to this step.
- Respond with **"-"** if you detect any issues or errors in the process up to this step.

Please note:
- Only respond with **"+"** or **"-"**. Do not provide any additional explanations, comments, or justifications.

Your task is to verify the accuracy and correctness of each step in the given solution process.`;

/**
 * VisualPRM400K conversations (`visualprm_data_pipeline_postprocess.py`, `item2conv_prm`): a step is "+" when its value is
 * above the threshold; steps after an error are labeled too. `<image>` is before the question once an image.
 */
export const visualPrm: ExportFormat = {
  id: 'visualprm',
  title: 'VisualPRM conversations (+/-)',
  rules: { threshold: 0, endAtError: false, mixedRootsOnly: false, shortWords: 0, balance: false },
  write: (problem, sample, _index, threshold) => ({
    id: -1,
    image: problem.images.length > 1 ? problem.images : (problem.images[0] ?? ''),
    conversations: [
      { from: 'system', value: SYSTEM_PROMPT },
      ...sample.pieces.flatMap(({ text, value }, at) => [
        {
          from: 'human',
          value:
            at === 0
              ? `### Question:\n${'<image>\n'.repeat(problem.images.length)}${problem.question}\n\n### Solution Process:\n${text}`
              : text,
        },
        { from: 'gpt', value: value > threshold ? '+' : '-' },
      ]),
    ],
  }),
};
