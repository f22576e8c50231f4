/** A solution in Markdown as people write it, with its steps marked by `Step n:` or by blank lines. */
export function written(question: string, steps: readonly string[], isNumbered: boolean): string {
  const body = isNumbered ? steps.map((step, i) => `Step ${i + 1}: ${step}`) : steps;
  return `# Problem\n\n${question}\n\n## Solution\n\n${body.join('\n\n')}\n`;
}

/** Handwritten text with parts that must not be split. The bundled model never saw formulas; its scores mean little. */
export const formulas = String.raw`# Problem

A garden is 14 meters long and 6 meters wide. A pond in it is 5 meters by 3 meters. How many square meters are left?

## Solution

Step 1: The area of the whole garden is

$$
A = 14 \cdot 6

  = 84
$$

Step 2: The pond takes $5 \cdot 3 = 15$ square meters.

Step 3: A short program checks the rest:

${'```'}python
garden = 14 * 6

pond = 5 * 3
print(garden - pond)
${'```'}

Step 4: It prints \( 84 - 15 = 69 \). The answer is \boxed{69}.
`;
