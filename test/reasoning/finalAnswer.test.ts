import { describe, expect, it } from 'vitest';
import { verifyAnswer } from '../../server/answers/rules.js';
import { finalAnswer } from '../../server/reasoning/finalAnswer.js';

/** Ends of solutions as models write them, and the answer that a reader finds in each. */
const ENDINGS: readonly (readonly [end: string, answer: string | undefined])[] = [
  ['Therefore, Tom has 12 apples left.\n\n**Answer: 12**', '12'],
  ['So we get\n$$\\boxed{\\dfrac{3}{4}}$$', '\\dfrac{3}{4}'],
  ['The final answer is: $\\boxed{(3, \\frac{\\pi}{2})}$. I hope it is correct.', '(3, \\frac{\\pi}{2})'],
  ['Thus the answer is **C) 45 degrees**.', 'C) 45 degrees'],
  ['### Final Answer\n\n$x = 5$', 'x = 5'],
  ['**Final Answer:** The value of x is 7.', 'The value of x is 7'],
  ['Final answer: 42.', '42'],
  ['Answer:\n\n18', '18'],
  ['#### 1,200', '1,200'],
  ['Hence, the correct answer is (B).', '(B)'],
  ['Hence, option (D) is correct.', 'D'],
  ['Therefore, the correct choice is **A**.', 'A'],
  ['综上，答案为 $\\frac{1}{2}$。', '\\frac{1}{2}'],
  ['故选：B', 'B'],
  ['因此，正确选项是C。', 'C'],
  ['**答案**：36', '36'],
  ['Die Antwort ist 12.', '12'],
  ['La respuesta es 8.', '8'],
  ['La réponse est 3,5.', '3,5'],
  ['Antwort: 7 cm', '7 cm'],
  ['Respuesta: 15', '15'],
  ['<answer>\n27\n</answer>', '27'],
  ['In conclusion, $\\boxed{\\text{No solution}}$', '\\text{No solution}'],
  ['The answer is therefore 9.', '9'],
  ['This gives us the answer: 16 square units.', '16 square units'],
  ['So the probability is $\\frac{1}{6}$.\n\n$\\boxed{\\frac{1}{6}}$ is the final answer.', '\\frac{1}{6}'],
  ['ANSWER: E', 'E'],
  ['Thus, $n=\\boxed{7}$ or $n=\\boxed{-7}$.', '7 or -7'],
  ['**Answer**\n\\[\n\\boxed{2\\sqrt{3}}\n\\]', '2\\sqrt{3}'],
  ['Final Answer: \\(\\frac{5}{8}\\)', '\\frac{5}{8}'],
  ['Therefore, my final answer is $250.', '$250'],
  ['The answer must be 3.14 (approximately).', '3.14 (approximately)'],
  ['I am not sure how to go on.', undefined],
  ['Step 3: so we have 5 + 3 = 8.', undefined],
  ['The answer to this question depends on x.', undefined],
  ['Option B is wrong because it ignores friction.', undefined],
  ['We can answer the question by dividing 6 by 2.', undefined],
  ['最终答案是：\\boxed{12}', '12'],
  ['Answer: None of the above', 'None of the above'],
];

describe('the final answer', () => {
  it.each(ENDINGS)('of a text that ends with %j is %j', (end, answer) => {
    expect(finalAnswer(end)).toBe(answer);
  });

  it.each([
    ['The value of x is 7.', '7'],
    ['The total number of ways is 24.', '24'],
    ['Its area is $36\\pi$.', '36\\pi'],
  ])('is compared by the value in its sentence: %j', (answer, reference) => {
    expect(verifyAnswer({ answer, reference }).verdict).toBe('right');
  });
});
