/** Texts of reasoning that the bundled models have not seen, written for this project: the bundled PRM must leave them unscored. */
export interface ForeignRow {
  readonly kind: string;
  readonly question: string;
  readonly steps: readonly string[];
}

const row = (kind: string, question: string, ...steps: string[]): ForeignRow => ({ kind, question, steps });

export const foreignRows: readonly ForeignRow[] = [
  row(
    'grade school, other words',
    'Natalia baked 48 scones on Monday and half as many on Tuesday. How many scones did she bake altogether?',
    'On Tuesday Natalia baked 48/2 = 24 scones.',
    'Altogether she baked 48+24 = 72 scones.',
    '#### 72',
  ),
  row(
    'grade school, other words',
    'A plumber charges $35 per visit plus $20 for each hour. What is the bill for a job that lasts 4 hours?',
    'The hours cost 4 x $20 = $80.',
    'Adding the visit, the bill is $80 + $35 = $115.',
  ),
  row(
    'grade school, other words',
    "Omar's class has 28 pupils. Three quarters of them walk to school and the others come by tram. How many come by tram?",
    'Walking: 28 * 3/4 = 21 pupils.',
    'By tram: 28 - 21 = 7 pupils.',
  ),
  row(
    'grade school, other words',
    'A tank already contains 150 liters. A hose adds 12 liters every minute. After how many minutes does it contain 270 liters?',
    'The tank is short of 270 - 150 = 120 liters.',
    'At 12 liters a minute this takes 120 / 12 = 10 minutes.',
  ),
  row(
    'grade school, other words',
    'Kira read 15% of a 240-page novel yesterday. If she reads 34 more pages today, how many pages remain unread?',
    'Yesterday: 0.15 * 240 = 36 pages.',
    'So far: 36 + 34 = 70, hence 240 - 70 = 170 pages remain.',
  ),
  row(
    'grade school, other words',
    'Two brothers share 45 stamps in the ratio 2 : 3. How many more does the elder one get?',
    'One part equals 45 / 5 = 9 stamps.',
    'The difference is a single part, i.e. 9 stamps.',
  ),
  row(
    'algebra',
    'Solve for $x$: $3(x-2) = 2x + 7$.',
    'Expanding gives $3x - 6 = 2x + 7$.',
    'Subtracting $2x$ from both sides, $x = 13$.',
    'Therefore $x = \\boxed{13}$.',
  ),
  row(
    'algebra',
    'What is the sum of the roots of the polynomial $x^3 - 6x^2 + 11x - 6$?',
    "By Vieta's formulas the sum equals minus the coefficient of $x^2$ over the leading one.",
    'Hence it is $6$.',
  ),
  row(
    'competition',
    'How many positive integers less than 1000 are divisible by neither 5 nor 7?',
    'There are 999 integers in total.',
    'Divisible by 5: $\\lfloor 999/5 \\rfloor = 199$; by 7: $142$; by 35: $28$.',
    'By inclusion-exclusion the answer is $999 - 199 - 142 + 28 = 686$.',
  ),
  row(
    'competition',
    'Let $ABC$ be a triangle with $AB = 13$, $BC = 14$ and $CA = 15$. Find its area.',
    "The semiperimeter is $s = 21$, so Heron's formula applies.",
    '$\\sqrt{21 \\cdot 8 \\cdot 7 \\cdot 6} = \\sqrt{7056} = 84$.',
  ),
  row(
    'calculus',
    'Evaluate $\\int_0^1 x e^x \\, dx$.',
    'Integrate by parts with $u = x$ and $dv = e^x dx$.',
    '$[x e^x]_0^1 - \\int_0^1 e^x dx = e - (e - 1) = 1$.',
  ),
  row(
    'proof',
    'Prove that the square root of 2 is irrational.',
    'Suppose it equals p/q in lowest terms.',
    'Then p^2 = 2 q^2, so p is even; write p = 2r.',
    'It follows that q is even as well, a contradiction.',
  ),
  row(
    'figure',
    'As shown in the figure, AB is a diameter of circle O and angle CAB = 35°. What is the measure of angle ABC? A. 35° B. 45° C. 55° D. 65°',
    'Since AB is a diameter, angle ACB = 90°.',
    'Angle ABC = 90° - 35° = 55°, so the answer is C.',
  ),
  row(
    'figure',
    'According to the line graph, in which quarter did the revenue of the company grow fastest?',
    'From Q1 to Q2 the curve rises by 4 million.',
    'From Q3 to Q4 it rises by 9 million, which is the steepest segment.',
  ),
  row(
    'figure',
    'What number is written on the jersey of the goalkeeper in the image?',
    'The goalkeeper stands at the far left.',
    'His jersey shows the number 12.',
  ),
  row(
    'code',
    'Write a function that returns the n-th Fibonacci number.',
    'def fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a',
    'The loop runs n times, so the complexity is O(n).',
  ),
  row(
    'code',
    'Why does this test fail? `expect(sum([1, 2])).toBe(4)`',
    'The call `sum([1, 2])` returns 3.',
    'The matcher compares with `Object.is`, and 3 is not 4.',
  ),
  row(
    'code',
    'Given a table orders(id, customer_id, total), list customers with more than 5 orders.',
    'SELECT customer_id FROM orders GROUP BY customer_id HAVING COUNT(*) > 5;',
  ),
  row(
    'notes',
    'Release checklist',
    'Bump the version in package.json and update the change log.',
    'Run the whole test suite on three systems.',
    'Tag the commit and push it.',
  ),
  row(
    'notes',
    'How do I install the tool?',
    'Download the archive and unpack it into a folder of your choice.',
    'Add that folder to the PATH and restart the shell.',
  ),
  row('notes', 'Shopping list', 'milk', 'bread', '2 lemons', 'coffee'),
  row(
    'notes',
    'Minutes of the meeting on Monday',
    'Ana reports that the migration is done.',
    'Ben will write the announcement until Friday.',
    'Next meeting: Thursday, 10:00.',
  ),
  row(
    'recipe',
    'How do you make pancakes?',
    'Whisk 2 eggs with 300 ml milk and 150 g flour.',
    'Let the batter rest for 20 minutes.',
    'Fry thin pancakes in a hot pan.',
  ),
  row(
    'physics',
    'A ball is thrown upwards at 20 m/s. How high does it rise? (g = 10 m/s²)',
    'At the top the velocity is zero, so v² = 2 g h.',
    'h = 400 / 20 = 20 m.',
  ),
  row('chemistry', 'How many moles are in 36 g of water?', 'The molar mass of H2O is 18 g/mol.', 'n = 36 / 18 = 2 mol.'),
  row(
    'knowledge',
    'Which planet of the solar system has the most moons?',
    'Jupiter and Saturn have by far the most.',
    'After the discoveries of 2023 it is Saturn.',
  ),
  row(
    'logic',
    'Anna is taller than Bert, and Bert is taller than Carl. Who is the shortest?',
    'From the first statement Bert is not the tallest.',
    'From the second one Carl is shorter than Bert, so Carl is the shortest.',
  ),
  row(
    'German',
    'Jede Schachtel enthält 6 Stifte. Ana kauft 4 Schachteln und verschenkt 5 Stifte. Wie viele Stifte bleiben übrig?',
    '4 Schachteln enthalten 4 * 6 = 24 Stifte.',
    'Es bleiben 24 - 5 = 19 Stifte.',
  ),
  row(
    'French',
    'Léo économise 7 euros par semaine. Combien a-t-il après 5 semaines ?',
    'En 5 semaines, Léo économise 7 * 5 = 35 euros.',
    'La réponse est 35.',
  ),
  row('Spanish', 'Ana compra 4 cajas con 6 lápices cada una. ¿Cuántos lápices tiene?', 'Hay 4 * 6 = 24 lápices.', 'La respuesta es 24.'),
  row('Chinese', '小明有3盒铅笔，每盒12支，送出5支，还剩多少支？', '3盒共有 3 * 12 = 36 支。', '还剩 36 - 5 = 31 支。'),
  row('Japanese', 'りんごが12個あり、3人で同じ数ずつ分けます。1人何個ですか。', '12 / 3 = 4 なので、1人4個です。'),
  row('Russian', 'В коробке 6 ручек. Аня купила 4 коробки. Сколько ручек у Ани?', 'Всего 4 * 6 = 24 ручки.', 'Ответ: 24.'),
  row('Arabic', 'لدى سامي 3 علب في كل منها 12 قلما. كم قلما لديه؟', 'لديه 3 * 12 = 36 قلما.'),
  row('Hindi', 'एक डिब्बे में 6 पेन हैं। 4 डिब्बों में कितने पेन हैं?', '4 * 6 = 24 पेन।'),
  row('nothing to go by', '', '3 * 4 = 12', '12 + 5 = 17'),
  row('nothing to go by', 'How many are left?', 'The answer is 12.'),
  row('nothing to go by', '3 + 4 = ?', '3 + 4 = 7', '7'),
  row('nothing to go by', 'Question 12', 'Step 1', 'Step 2'),
];
