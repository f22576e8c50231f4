import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { english } from '../l10n.js';

/** Far above what a conversation needs, and far below what ends the process: V8 cannot catch an array that grows too large. */
const longestText = 2 ** 24;
const longestList = 2 ** 20;

/** What a template may use beside its variables, as `Template.render` sets it, but for the length of a range. */
const globals: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  raise_exception(message: string) {
    throw new Error(message);
  },
  strftime_now: (format: string) => new Template('{{ strftime_now(format) }}').render({ format }),
};

/**
 * Renders a Jinja template of a stranger. Throws its errors, SyntaxError where it is none, and RangeError where a text is longer than 2^24 UTF-16 units
 * or a list than 2^20 items at any place of it. How long it takes is the caller's to limit.
 */
export function renderTemplate(source: string, variables: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
  // What a whole template gives is always a text.
  return new BoundedInterpreter(environment).run(new Template(source).parsed).value as string;
}

class BoundedInterpreter extends Interpreter {
  override evaluate(...given: Parameters<Interpreter['evaluate']>): ReturnType<Interpreter['evaluate']> {
    const result = super.evaluate(...given);
    const value: unknown = result.value;
    if (typeof value === 'string' && value.length > longestText)
      throw new RangeError(english('it makes a text of {0} characters', value.length));
    if (Array.isArray(value) && value.length > longestList) throw tooLong(value.length);
    return result;
  }
}

/** Jinja's own, which is Python's. */
function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new Error(english('the step of a range is 0'));
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > longestList) throw tooLong(length);
  return Array.from({ length }, (_, i) => start + i * step);
}

function tooLong(length: number): RangeError {
  return new RangeError(english('it makes a list of {0} items', length));
}
