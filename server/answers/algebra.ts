/**
 * What the verifier asks of a computer-algebra system. Expressions are LaTeX as `answerText` leaves it. Every answer may be
 * "unknown": when it cannot be read for certain, when it is too large, or when sampling does not settle it.
 */
export interface Algebra {
  /** Whether two expressions have the same value for all values of their variables. */
  compare(a: string, b: string): 'equal' | 'different' | 'unknown';
  /** Whether the equations a = 0 and b = 0 say the same: one is the other times a constant. */
  proportional(a: string, b: string): 'equal' | 'unknown';
  /** The value of an expression without variables, when it is real and finite. */
  value(expression: string): number | undefined;
}

/** The algebra StepLens uses. It is large, so it is read when it is first wanted, not with the program. */
export async function loadAlgebra(): Promise<Algebra> {
  return (await import('./computeEngine.js')).createAlgebra();
}
