/**
 * `npx tsx test/bench/collectOutputs.ts >> outputs.jsonl`: outputs of SmolLM2-135M-Instruct (4 bits per weight) for 27
 * questions with 4 prompts each, on llama.cpp's server (test/bench/realServer.ts downloads both once).
 * test/fixtures/outputs/smollm.jsonl has 41 of these outputs and 66 for other questions, some with prompts that ask for
 * `<step>` tags. Each has the offsets at which a careful reader sees a step begin. A paragraph, a list item (after its
 * mark) and a marked step begin a step. A label such as "Reasoning:", a final answer, and a formula that completes a
 * sentence with a colon do not.
 */
import { RealServer, realWorld } from './realServer.js';

const QUESTIONS = [
  'A baker makes 24 rolls in the morning and 18 in the afternoon. She sells 30. How many are left?',
  'Find all x with x^2 - 5x + 6 = 0.',
  'A train covers 150 km in 2.5 hours. What is its average speed?',
  'What is the area of a triangle with base 8 cm and height 5 cm?',
  'Three pens cost $4.50. How much do seven pens cost?',
  'Is 57 a prime number?',
  'How many ways are there to arrange the letters of the word LEVEL?',
  'What is the probability of two heads in two tosses of a fair coin?',
  'Simplify (3x + 6) / 3.',
  'The sum of two numbers is 20 and their difference is 4. What are the numbers?',
  'A shirt costs $40 and is reduced by 25%. What is the new price?',
  'Convert 3 hours and 20 minutes to minutes.',
  'What is the next number: 3, 6, 12, 24, ...?',
  'How many edges does a cube have?',
  'Compute the derivative of x^3 + 2x.',
  'What is 7/8 as a decimal?',
  'A rectangle has perimeter 30 cm and width 5 cm. What is its length?',
  'Who is older: Ann, who was born in 1990, or Ben, who was born in 1987?',
  'What is the greatest common divisor of 84 and 126?',
  'A tank holds 200 liters and loses 8 liters an hour. When is it half empty?',
  'Which is larger, 2^10 or 10^3?',
  'What is the mean of 4, 9 and 14?',
  'If all cats are animals and Tom is a cat, is Tom an animal?',
  'How many seconds are in one day?',
  'Solve 3(x - 2) = 12.',
  'A class has 12 girls and 15 boys. What is the ratio of girls to all children?',
  'Write 0.36 as a fraction in lowest terms.',
];
const WAYS: Readonly<Record<string, (question: string) => string>> = {
  boxed: (question) => `${question}\nPlease reason step by step, and put your final answer within \\boxed{}.`,
  'final line': (question) => `${question}\nThink step by step. End with a line "The answer is X."`,
  plain: (question) => question,
  numbered: (question) => `${question}\nSolve it in numbered steps. Give the final answer at the end.`,
};

const server = await RealServer.start(await realWorld());
const jobs = QUESTIONS.flatMap((question) => Object.entries(WAYS).map(([way, write]) => ({ question, way, prompt: write(question) })));
let next = 0;
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (let at = next++; at < jobs.length; at = next++) {
      const { question, way, prompt } = jobs[at]!;
      const response = await fetch(`${server.url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ messages: [{ role: 'user', content: prompt }], max_tokens: 220, temperature: 0.7, seed: at }),
      });
      const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
      process.stdout.write(`${JSON.stringify({ question, way, output: choices[0]!.message.content })}\n`);
    }
  }),
);
await server.kill();
