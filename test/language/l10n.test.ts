import { afterEach, describe, expect, it } from 'vitest';
import { english, local, localMessage, plural, setTexts, t } from '../../server/l10n.js';

afterEach(() => setTexts({}));

const bundle = {
  'The file {0} is empty.': '文件 {0} 为空。',
  'Cannot go on: {0}': '无法继续：{0}',
  '{0} node': '{0} 个节点',
  '{0} nodes': '{0} 个节点',
};

describe('a text of the editor', () => {
  it('is translated where there is a bundle, and English without one', () => {
    expect(t('The file {0} is empty.', 'a.json')).toBe('The file a.json is empty.');
    setTexts(bundle);
    expect(t('The file {0} is empty.', 'a.json')).toBe('文件 a.json 为空。');
    expect(plural(1200, '{0} node', '{0} nodes')).toBe('1,200 个节点');
    expect(t('Not in the bundle')).toBe('Not in the bundle');
  });
});

describe('a message that also goes to files and logs', () => {
  it('is English, and in the language of the editor where it is shown, with the messages in it', () => {
    setTexts(bundle);
    const cause = english('The file {0} is empty.', '{1}.json');
    const message = english('Cannot go on: {0}', cause);
    expect(message).toBe('Cannot go on: The file {1}.json is empty.');
    expect(local(message)).toBe('无法继续：文件 {1}.json 为空。');
    expect(localMessage(new Error(message))).toBe(local(message));
  });

  it('stays as it is when another process made it, or nothing is translated', () => {
    const message = english('The file {0} is empty.', 'a.json');
    expect(local(message)).toBe(message);
    setTexts(bundle);
    expect(local('The file b.json is empty.')).toBe('The file b.json is empty.');
  });

  it('is forgotten after thousands of others, not while it is shown', () => {
    setTexts(bundle);
    const [first, shown] = [english('The file {0} is empty.', 'first'), english('The file {0} is empty.', 'shown')];
    for (let at = 0; at < 6000; at++) {
      english('The file {0} is empty.', at);
      if (at % 1000 === 0) expect(local(shown)).toBe('文件 shown 为空。');
    }
    expect(local(first)).toBe(first);
    expect(local(shown)).toBe('文件 shown 为空。');
  });

  it('that holds itself as a value ends', () => {
    setTexts({ '{0}': '《{0}》' });
    expect(local(english('{0}', 'a'))).toBe('《a》');
  });
});
