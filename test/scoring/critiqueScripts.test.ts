import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TextTokenizer } from '../../server/models/tokenizer.js';
import { openLocalChat } from '../../server/scoring/critiques/localChat.js';
import { asked, repliedWith } from '../../server/scoring/critiques/script.js';
import { critiqueScripts, findScript } from '../../server/scoring/critiques/scripts.js';
import { parseLocalCritique } from '../../server/scoring/localCritiqueProfile.js';

interface Replied {
  readonly reply: string;
  /** The text that the authors' code puts before the answer (for GenPRM: before the critique). */
  readonly asked: string;
  readonly verdict?: string;
}

interface Case {
  readonly question: string;
  readonly steps: readonly string[];
  readonly prompt?: string;
  readonly replies?: readonly Replied[];
  readonly turns?: readonly Replied[];
}

const casesOf = (id: string) =>
  (JSON.parse(readFileSync(`test/fixtures/critiques/${id}.json`, 'utf8')) as { cases: readonly Case[] }).cases;

/** The fixtures' chat template: `<|role|>text<|end|>`. */
const template =
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}';

/** A tokenizer in which each character is a token. */
const tokenizer = {
  path: 'tokenizer.json',
  tokenTexts: { eos_token: '<|end|>' },
  expand: (text: string) => text,
  encode: (text: string, fill: Readonly<Record<string, string>> = {}) =>
    [...text.replace(/\{(\w+)\}/g, (place, name: string) => fill[name] ?? place)].map((character) => character.codePointAt(0)!),
} as unknown as TextTokenizer;
const textOf = (ids: readonly number[]) => String.fromCodePoint(...ids);

const open = (family: string) => {
  const { critique } = parseLocalCritique(JSON.stringify({ family, graph: 'model.onnx', critique: { template } }), 'prm.json');
  return { chat: openLocalChat(tokenizer, critique), script: critique.script! };
};

describe('the script of a critique model', () => {
  it.each(['thinkprm', 'r-prm'])("gives the prompt of %s and the text before the answer of each reply in its authors' words", (id) => {
    const { chat, script } = open(id);
    for (const { question, steps, prompt, replies } of casesOf(id)) {
      const found = textOf(chat.prompt(question, steps, []));
      // R-PRM's code returns only the user's turn.
      const whole = id === 'r-prm' ? `<|user|>${prompt}<|end|><|assistant|>` : prompt!;
      expect(found).toBe(whole);
      for (const { reply, asked: expected } of replies!) {
        const before = id === 'r-prm' ? whole + expected.slice(prompt!.length) : expected.trimEnd();
        expect(textOf(chat.answer!(question, steps, [], reply).ids), reply).toBe(before);
      }
    }
    expect(script.source).toMatch(/[0-9a-f]{8}: /);
  });

  it('gives GenPRM each earlier paragraph with its critique, and asks for the verdict after the analysis', () => {
    const { chat, script } = open('genprm');
    for (const { question, steps, turns } of casesOf('genprm')) {
      const replies: string[] = [];
      turns!.forEach(({ reply, asked: before, verdict }, i) => {
        const path = steps.slice(0, i + 1);
        expect(textOf(chat.prompt(question, path, replies))).toBe(before);
        const { ids, text } = chat.answer!(question, path, replies, reply);
        // The authors' model writes the brace itself.
        expect(textOf(ids)).toBe(`${verdict}{`);
        replies.push(repliedWith(script, i + 1, false, text, 1));
      });
    }
  });

  it.each(critiqueScripts.map(({ id }) => id))('also asks %s for a verdict after a malformed reply', (id) => {
    const script = findScript(id)!;
    const turns = script.turns('Why?', ['So.', 'Thus.']);
    for (const reply of [
      '',
      '\n',
      '{turn0}{critique}',
      '</think></think>',
      'Is the',
      `${script.ask(true)}${script.ask(true)}`,
      '\\boxed{Yes}',
    ]) {
      const text = asked(script, reply, turns);
      expect(text.endsWith(script.ask(true)) || text === reply + script.ask(false), JSON.stringify(reply)).toBe(true);
      expect(text.startsWith(reply.slice(0, 1)) || reply.startsWith(script.stops(turns)[0]!) || text.startsWith(script.ask(true))).toBe(
        true,
      );
    }
  });
});
