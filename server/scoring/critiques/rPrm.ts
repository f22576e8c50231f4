import { lastItem } from '../../reasoning/present.js';
import type { CritiqueScript } from './script.js';

/** `GenPRM-evaluate-new3`, up to the question. */
const instructions = [
  'You are an excellent math teacher. Please verify the correctness of the Now Step.',
  '',
  'You first need to analyze the Now Step and the Previous Steps and then summarize based on your analysis.',
  'Analysis:',
  'You need to analyze the following aspects.',
  '**Previous Steps Analysis**: You need to analyze the Previous Steps step by step. For each step, you need to first explain what the current step is doing, then you try to find any error in the current step.',
  '**Now Step Analysis**: You first need to explain what the Now Step is doing, and then point out which part of the Question it is trying to solve or which part of the information it states.',
  '**Data Source Analysis**: First you need to find out what data are used in the Now Step, and then you need to determine whether the source of the data is reasonable and correct. When you judge whether the source of a data is reasonable and correct, you need to specify the specific source of this data: such as which part of the question, or which content of the previous step; and then determine the source and current use is consistent, the Now Step is used correctly.',
  '**Consistency Analysis**: You need to check that the Now Step is consistent with the contents of the Previous Steps, and then you need to check that all the information inside the Now Step is consistent.',
  '**Calculation Analysis**: If the Now Step involves any calculations, such as addition, subtraction, multiplication, division, equations, modulo operations, etc., you will first need to perform a check on the calculation, such as a reverse operation, to see if the calculation was done correctly, and then analyze the results of your check to see if there was an error in the calculation.',
  'Conclusion: ',
  'Please verify the correctness of the Now Step based on your analysis, if there is any error in the Now Step then the Now Step is wrong and vice versa the Now Step is correct. At the end of the Conclusion, when you give your final answer, write it in the form "Verification: Is the step correct (Yes/No)? X", where X is either Yes or No.',
  '',
  'Question: ',
].join('\n');

/** The authors' text for a step without previous steps. */
const none = 'Since the Now Step is the first step, there are no Previous Steps.';
const verdict = 'Is the step correct (Yes/No)?';

/** kevinpro/R-PRM-7B-SFT and -DPO: the prompt, `get_critique_prompt` and `get_reward` of guided search, `evaluate-PRM-CoT.py` for a reply without a verdict. */
export const rPrm: CritiqueScript = {
  id: 'r-prm',
  name: 'R-PRM',
  source:
    'NJUNLP/R-PRM, e3dd6056: src/prompts/GenPRM/GenPRM-evaluate-new3.json, src/reward-guide-search/code/GenPRM-Greedy-Seach-Zero-Shot.py, src/evaluate/GenPRM/evaluate-PRM-CoT.py',
  threshold: 0.5,
  aggregation: 'min',
  maxTokens: 8192,
  samples: 10,
  temperature: 0.95,
  topP: 0.95,
  maxReply: 3072,
  turns(question, steps) {
    const previous = steps.slice(0, -1).join('\n') || none;
    return [
      `${instructions}${question}\nPrevious Steps: ${previous}\nNow Step: ${lastItem(steps)}\nPlease carefully analyze the correctness of the Now Step.\nReply: `,
    ];
  },
  begin: () => '',
  stops: () => [verdict],
  ask: (isStopped) => (isStopped ? verdict : '\nBased on your analysis. Is the answer correct (Yes/No)?'),
  close: '',
  // The authors read the tokens that include the blank.
  positive: ' Yes',
  negative: ' No',
};
