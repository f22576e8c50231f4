import { describe, expect, it } from 'vitest';
import { renderTemplate } from '../../server/models/boundedTemplate.js';

describe('a chat template from an unknown source', () => {
  it.each([
    ['a range', '{% for a in range(2000000000) %}x{% endfor %}'],
    ['a range downwards', '{{ range(0, -2000000000, -1) | length }}'],
    ['lists that double', '{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}'],
    ['texts that double', '{% set n = namespace(s="x") %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}'],
  ])('ends in an error before %s can fill the memory of the process', (_, template) => {
    expect(() => renderTemplate(template, {})).toThrow(/^it makes a (list|text) of \d+ (items|characters)$/);
  });

  it('can use the functions and filters that published models use', () => {
    const use = (template: string) => renderTemplate(template, { messages: [{ role: 'user', content: 'How many?' }], bos_token: '<s>' });
    expect(use('{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}{% endfor %}')).toBe('<s>[user] How many?');
    expect(use('{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(3, 0, -1) | list }} {{ range(0) | list }}')).toBe(
      '[0, 1, 2] [1, 3, 5] [3, 2, 1] []',
    );
    expect(use('{{ strftime_now("%Y") }}')).toMatch(/^\d{4}$/);
    expect(use('{% if true and True and not false and none is none %}yes{% endif %}')).toBe('yes');
    expect(() => use('{{ raise_exception("only users") }}')).toThrow('only users');
  });
});
