import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FAULTS, FAULTS_PER_CODE, type FaultCode } from '../../server/formats/faults.js';
import { readAs } from '../../server/formats/jsonFile.js';
import { FORMATS, JSON_FORMATS, readDocument } from '../../server/formats/registry.js';
import { checkForest, codes, fixture, read, solutions } from './fixtures.js';

vi.setConfig({ testTimeout: 30_000 });

const MESSAGE = /^.+[.?]$/s;

describe('the reader of broken files', () => {
  it('reports the end of a truncated file and keeps the steps before it', () => {
    const text = fixture('truncated-tree.json');
    const document = read(text);
    expect(document.faults).toHaveLength(1);
    expect(document.faults[0]).toMatchObject({ code: 'truncated-json', severity: 'error', span: { end: text.length } });
    expect(solutions(document.problems[0]!)[0]).toEqual(['Three and four are 7 apples.', '7 - 2 = 5.\n<answer>5</answer>']);
  });

  it('keeps the first step of a record without a known format, wherever it is cut off after that step', () => {
    const text = '{"question": "What is 2 + 3 * 4?", "steps": ["3 * 4 = 12", "2 + 12 = 14"], "label": 1}';
    for (let end = text.indexOf('",', 44) + 2; end < text.length; end++) {
      const document = read(text.slice(0, end));
      expect(codes(document)).toContain('truncated-json');
      expect(solutions(document.problems[0]!)[0]?.[0]).toBe('3 * 4 = 12');
    }
  });

  it('loses only the end of the truncated line in a JSON Lines file', () => {
    const text = fixture('bad-line.jsonl');
    const document = read(text);
    expect(codes(document)).toEqual(['truncated-json']);
    expect(text.slice(0, document.faults[0]!.span.start).split('\n')).toHaveLength(2);
    expect(document.problems.map((problem) => problem.steps.length)).toEqual([2, 1, 2]);
  });

  it('reports each value of a wrong type with its path, and keeps the rest', () => {
    const text = fixture('wrong-types.json');
    const document = read(text);
    checkForest(document, text);
    expect(document.faults.map((fault) => `${fault.code}: ${fault.message}`)).toEqual([
      'wrong-type: image_path is 17, a number; a string was expected.',
      'wrong-type: visit_count is "four", a string; a number was expected.',
      'wrong-type: correct_rollouts is an object; an array was expected.',
      'wrong-type: children[0].mc_value is "0.25", a string; a number was expected.',
      'wrong-type: children[0].children[0].partial_solution is "7 - 2 = 5.", a string; an array of strings was expected.',
      'out-of-range: children[1].mc_value is 1.5; a number in [0, 1] was expected.',
      'wrong-type: children[2] is "leaf", a string; an object was expected.',
    ]);
    for (const { span } of document.faults)
      expect(text.slice(span.start, span.end)).toMatch(/^(17|"four"|\{\}|"0\.25"|"7 - 2 = 5\."|1\.5|"leaf")$/);
    expect(document.problems[0]!.tree!.nodes).toHaveLength(5);
    expect(document.problems[0]!.steps.map((step) => step.text)).toEqual(
      read(fixture('mm-prm-tree.json')).problems[0]!.steps.map((step) => step.text.replace('\n<answer>5</answer>', '')),
    );
  });

  it('pairs labels with <prm> markers from the front when their numbers differ', () => {
    const document = read(fixture('count-mismatch.json'));
    expect(codes(document)).toEqual(['count-mismatch', 'count-mismatch']);
    expect(document.faults[0]!.message).toContain('labels (1) and of <prm> markers (2)');
    expect(document.problems.map((problem) => problem.steps.map((step) => step.values.mc?.value))).toEqual([
      [0.25, undefined],
      [0.875, 1],
    ]);
  });

  it.each([
    [
      '{"question":"q","solutions_splits":[["a","b"],["c"]],"labels":[1],"prm_scores":[[0.5],[0.25,0.75],[1]]}',
      ['count-mismatch', 'count-mismatch', 'count-mismatch', 'count-mismatch'],
    ],
    [
      '{"question":"q","solutions_splits":[["a",3],"b",4],"prm_scores":[["0.5",2],null]}',
      ['wrong-type', 'wrong-type', 'wrong-type', 'count-mismatch', 'wrong-type', 'scores-not-in-range'],
    ],
    ['{"question":"q","process":"a<prm> b","labels":[0.5]}', []],
    ['{"question":"q","process":"a<prm>"}', ['missing-key']],
    ['{"process":"a<prm>","labels":[0.5]}', ['missing-key']],
    ['{"question":"q","process":"<prm>b<prm>","labels":[0.5,1]}', ['empty-step']],
    ['[{"question":"q","process":"a<prm>","labels":[1]},{"other":1},7]', ['unknown-record', 'wrong-type']],
    ['{"id":0,"conversations":[{"from":"human","value":"Question: q a<prm>"},{"from":"gpt","value":[1]}]}', ['missing-key']],
    [
      '{"id":0,"conversations":[{"from":"human","value":"Question: q\\nProcess: a<prm>"},{"from":"gpt","value":[1]},{"from":"human","value":"more"}]}',
      ['count-mismatch'],
    ],
    [
      '{"conversations":[{"from":"human","value":"### Question:\\nq\\n\\n### Solution Process:\\na"},{"from":"gpt","value":"+"},{"from":"human","value":"b"},"x",{"from":"gpt","value":"maybe"},{"from":"gpt","value":"-"}]}',
      ['count-mismatch', 'wrong-type', 'wrong-type'],
    ],
    [
      '{"question":"q","steps_with_score":[{"step":"a","score":0.5,"num_mc_correct":9,"num_mc_total":4},{"score":1},5]}',
      ['count-mismatch', 'missing-key', 'wrong-type'],
    ],
    [
      '{"question":"q","mc_value":0.5,"visit_count":-1,"children":[{"mc_value":1,"children":[]},[]]}',
      ['out-of-range', 'missing-key', 'wrong-type'],
    ],
  ])('reports exactly the expected faults for %s', (text, expected) => {
    const document = read(text);
    checkForest(document, text);
    expect(codes(document).sort()).toEqual([...expected].sort());
    for (const fault of document.faults) expect(fault.message).toMatch(MESSAGE);
  });

  it('reads a tree that is nested 100,000 levels deep down to the limit of 2,000 levels', () => {
    const level = '{"partial_solution":["a"],"mc_value":1,"children":[';
    const text = `{"question":"q","mc_value":1,"children":[${level.repeat(100_000)}${']}'.repeat(100_001)}`;
    const document = read(text);
    expect(codes(document)).toEqual(['nested-too-deep']);
    expect(document.faults[0]!.message).toMatch(/2,000 levels/);
    expect(document.problems[0]!.steps.length).toBe(999);
  });

  it('keeps a lone surrogate and reports it', () => {
    const document = read(fixture('lone-surrogate.json'));
    expect(codes(document)).toEqual(['lone-surrogate']);
    expect(document.problems[0]!.steps[0]!.text).toBe('half \ud83d here');
    const prose = read('Question: \ud83d\ude00?\n\nhalf \ud83d here\n\nend');
    expect(codes(prose)).toEqual(['lone-surrogate']);
    expect(prose.faults[0]!.span).toEqual({ start: 20, end: 21 });
  });

  it('reports an empty file and a file without records as empty', () => {
    for (const text of ['', ' \r\n', '\uFEFF']) expect(codes(readDocument(text)!)).toEqual(['empty-file']);
    for (const format of JSON_FORMATS) expect(codes(readAs(format, '[]'))).toEqual(['empty-file']);
  });

  it('reads a text that is longer than the limit up to the limit', () => {
    const text = fixture('steplens-trees.jsonl');
    const limit = text.indexOf('\n') + 200;
    const document = readDocument(text, undefined, limit)!;
    expect(document.problems[0]!.tree!.nodes).toHaveLength(4);
    expect(codes(document)).toEqual(['too-large']);
    expect(document.faults[0]!.message).toMatch(/to line 2, .* "steplens score"/);
  });

  it('lists one kind of fault 100 times, then reports how many more there are', () => {
    const text = `{"question":"q","mc_value":0.5,"children":[${Array<string>(250).fill('1').join(',')}]}`;
    const document = read(text);
    expect(document.faults).toHaveLength(FAULTS_PER_CODE + 1);
    expect(document.faults.at(-1)!.message).toMatch(/^150 more/);
    expect(document.faults.at(-1)!.span.start).toBeGreaterThan(document.faults.at(-2)!.span.start);
  });

  it('never throws for a file with some changed characters', () => {
    const files = [
      'mm-prm-tree.json',
      'mm-prm-candidates.json',
      'mm-prm-annotation.jsonl',
      'visualprm-raw.jsonl',
      'visualprm400k.jsonl',
      'several.md',
      'tagged.txt',
    ].map(fixture);
    const change = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat({ max: 6 }),
      fc.constantFrom('', '"', '{', '}', '[', ']', ',', '\\', '\n', '1', '<step>', '$$', '\ud83d', '<prm>'),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.constantFrom(...FORMATS),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (file, format, changes) => {
          let text = file;
          for (const [where, length, put] of changes) {
            const at = Math.floor(where * text.length);
            text = text.slice(0, at) + put + text.slice(at + length);
          }
          const asFormat = format.syntax === 'json' ? readAs(format, text) : format.read(text);
          for (const document of [asFormat, readDocument(text)]) {
            if (document === undefined) continue;
            checkForest(document, text);
            expect(
              document.faults.filter(
                ({ code, severity, message }) => severity !== FAULTS[code as FaultCode].severity || !MESSAGE.test(message),
              ),
            ).toEqual([]);
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('the table of faults', () => {
  it('explains every code in a sentence', () => {
    for (const [code, { explanation, severity }] of Object.entries(FAULTS)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(explanation).toMatch(/^[A-Z`].{20,}\.$/);
      expect(['error', 'warning']).toContain(severity);
    }
  });
});
