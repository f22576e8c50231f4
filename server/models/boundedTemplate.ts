import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { english } from '../l10n.js';

/** Far above what a conversation needs and far below what crashes the process: V8 ends it if an array is too large. */
const longestText = 2 ** 24;
const longestList = 2 ** 20;

/** Globals of a template, the same as `Template.render` sets, except that the length of a range is limited. */
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
 * Renders an untrusted Jinja template. Throws the template's own errors, SyntaxError when it is not valid, and
 * RangeError when any of its texts exceeds 2^24 UTF-16 units or any list 2^20 items. The caller must limit the time.
 */
export function renderTemplate(source: string, variables: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
  // A whole template always evaluates to a string.
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

/** Jinja's `range`, which is Python's, with a limited length. */
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
