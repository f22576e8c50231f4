import type { Family } from './family.js';

/** Qwen2.5-Math-PRM-7B, -72B and -7B-PRM800K: model card, "Quick Start"; vLLM's `qwen2_rm.py`. */
export const qwenMathPrm: Family = {
  id: 'qwen2.5-math-prm',
  profile: {
    name: 'Qwen2.5-Math-PRM',
    layout: {
      kind: 'chat',
      system: 'Please reason step by step, and put your final answer within \\boxed{}.',
      user: '{question}',
      assistant: '{steps}',
      step: '{step}<extra_0>',
      marker: '<extra_0>',
    },
    trim: 'none',
    readout: { kind: 'label-head', positive: [1] },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  },
  recognizes: ({ architecture, width, hasToken }) =>
    hasToken('<extra_0>') && (architecture === 'Qwen2ForProcessRewardModel' || width === 2),
  golden: [
    {
      question:
        "Sue lives in a fun neighborhood.  One weekend, the neighbors decided to play a prank on Sue.  On Friday morning, the neighbors placed 18 pink plastic flamingos out on Sue's front yard.  On Saturday morning, the neighbors took back one third of the flamingos, painted them white, and put these newly painted white flamingos back out on Sue's front yard.  Then, on Sunday morning, they added another 18 pink plastic flamingos to the collection. At noon on Sunday, how many more pink plastic flamingos were out than white plastic flamingos?",
      steps: [
        'To find out how many more pink plastic flamingos were out than white plastic flamingos at noon on Sunday, we can break down the problem into steps. First, on Friday, the neighbors start with 18 pink plastic flamingos.',
        "On Saturday, they take back one third of the flamingos. Since there were 18 flamingos, (1/3 \\times 18 = 6) flamingos are taken back. So, they have (18 - 6 = 12) flamingos left in their possession. Then, they paint these 6 flamingos white and put them back out on Sue's front yard. Now, Sue has the original 12 pink flamingos plus the 6 new white ones. Thus, by the end of Saturday, Sue has (12 + 6 = 18) pink flamingos and 6 white flamingos.",
        "On Sunday, the neighbors add another 18 pink plastic flamingos to Sue's front yard. By the end of Sunday morning, Sue has (18 + 18 = 36) pink flamingos and 6 white flamingos.",
        'To find the difference, subtract the number of white flamingos from the number of pink flamingos: (36 - 6 = 30). Therefore, at noon on Sunday, there were 30 more pink plastic flamingos out than white plastic flamingos. The answer is (\\boxed{30}).',
      ],
      values: [1.0, 0.1904296875, 0.9765625, 1.0],
      tolerance: 0.03,
      source: 'model card of Qwen/Qwen2.5-Math-PRM-7B, bfloat16',
    },
  ],
};
