import { afterEach, describe, expect, it } from 'vitest';
import { english, local, localMessage, plural, setTexts, t } from '../../server/l10n.js';

afterEach(() => setTexts({}));

const bundle = {
  'The file {0} is empty.': '文件 {0} 为空。',
  'Cannot go on: {0}': '无法继续：{0}',
  'After {0} s, {1} nodes are left.': '{1} 个节点在 {0} 秒后剩下。',
  '{0} node': '{0} 个节点',
  '{0} nodes': '{0} 个节点',
};

describe('a text in the editor', () => {
  it('is translated if there is a bundle for the language, and English without one', () => {
    expect(t('The file {0} is empty.', 'a.json')).toBe('The file a.json is empty.');
    setTexts(bundle);
    expect(t('The file {0} is empty.', 'a.json')).toBe('文件 a.json 为空。');
    expect(plural(1200, '{0} node', '{0} nodes')).toBe('1,200 个节点');
    expect(t('Not in the bundle')).toBe('Not in the bundle');
  });
});

describe('a message that also goes to files and logs', () => {
  it('is English, and is shown in the language of the editor, including the messages inside it', () => {
    setTexts(bundle);
    const cause = english('The file {0} is empty.', '{1}.json');
    const message = english('Cannot go on: {0}', cause);
    expect(message).toBe('Cannot go on: The file {1}.json is empty.');
    expect(local(message)).toBe('无法继续：文件 {1}.json 为空。');
    expect(localMessage(new Error(message))).toBe(local(message));
  });

  it('is translated when it comes from another process or a file, including the messages inside it', () => {
    const message = english('Cannot go on: {0}', english('The file {0} is empty.', 'a.json'));
    expect(local(message)).toBe(message);
    setTexts(bundle);
    expect(local(message)).toBe('无法继续：文件 a.json 为空。');
    expect(local('It has {1} of {0}.')).toBe('It has {1} of {0}.');
    expect(local('After 20 s, 3 nodes are left.')).toBe('3 个节点在 20 秒后剩下。');
    expect(local('The file  is empty.')).toBe('文件  为空。');
  });

  it('is not recognized by its text if it has fewer than three words of its own or matches only in part', () => {
    setTexts({ ...bundle, '{0}: {1}': '{0}：{1}', 'All of {0}{1} is there': '{0}{1} 都在' });
    for (const text of [
      '3 nodes',
      'a: b',
      'All of ab is there',
      'The file is empty.',
      'The file a is empty. And more',
      'x'.repeat(1e6),
      '',
    ])
      expect(local(text)).toBe(text);
  });

  it('is translated with the longest sentence of the bundle that matches it', () => {
    setTexts({ 'Cannot go on: {0}': '短 {0}', 'Cannot go on: the file {0} is empty.': '长 {0}' });
    expect(local('Cannot go on: the file a is empty.')).toBe('长 a');
    expect(local('Cannot go on: no file')).toBe('短 no file');
  });

  it('is forgotten after 6,000 other messages, but not while it is shown', () => {
    setTexts(bundle);
    const [first, shown] = [english('{0} node', 'first'), english('{0} node', 'shown')];
    for (let at = 0; at < 6000; at++) {
      english('{0} node', at);
      if (at % 1000 === 0) expect(local(shown)).toBe('shown 个节点');
    }
    expect(local(first)).toBe(first);
    expect(local(shown)).toBe('shown 个节点');
  });

  it('is translated once if its only value is equal to the message itself', () => {
    setTexts({ '{0}': '《{0}》' });
    expect(local(english('{0}', 'a'))).toBe('《a》');
  });
});
