import { itemAt, lastItem } from '../../../server/reasoning/present.js';
import { compute, type Figure, type GeneratedProblem, type Operand, type Operation, type ProgramStep } from './problem.js';

/** Collects a kind's numbers and steps and computes the answer. A step that is not exact is a bug of the kind. */
export class Program {
  readonly #givens: number[] = [];
  readonly #inFigure: boolean[] = [];
  readonly #steps: ProgramStep[] = [];
  readonly #results: number[] = [];

  /** A number that the question gives. */
  given(value: number): Operand {
    return this.#give(value, false);
  }

  /** A number that only the figure gives. */
  shown(value: number): Operand {
    return this.#give(value, true);
  }

  /** A step that only reads a number off the question or its figure. */
  read(what: Operand, ...phrasings: string[]): Operand {
    return this.#add({ phrasings, left: what }, this.value(what));
  }

  step(left: Operand, operation: Operation, right: Operand, ...phrasings: string[]): Operand {
    const result = compute(this.value(left), operation, this.value(right));
    if (result === undefined) throw new RangeError(`not exact: ${this.value(left)} ${operation} ${this.value(right)}`);
    return this.#add({ phrasings, left, apply: { operation, right } }, result);
  }

  value(operand: Operand): number {
    if (operand.from === 'constant') return operand.value;
    return itemAt(operand.from === 'given' ? this.#givens : this.#results, operand.index);
  }

  problem(kind: string, question: string, figure?: Figure): GeneratedProblem {
    const text = question.replace(/\s+/g, ' ').trim();
    const body = {
      kind,
      question: text,
      givens: this.#givens,
      inFigure: this.#inFigure,
      steps: this.#steps,
      results: this.#results,
      answer: lastItem(this.#results),
    };
    return figure === undefined ? body : { ...body, figure };
  }

  #give(value: number, inFigure: boolean): Operand {
    this.#inFigure.push(inFigure);
    return { from: 'given', index: this.#givens.push(value) - 1 };
  }

  #add(step: ProgramStep, result: number): Operand {
    this.#results.push(result);
    return { from: 'step', index: this.#steps.push(step) - 1 };
  }
}

export const constant = (value: number): Operand => ({ from: 'constant', value });
