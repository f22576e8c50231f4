import { NUMBER_BEGINS } from './answerText.js';
import { readUnits } from './units.js';

/** Words in a sentence whose number may not be the answer. */
const CHANGES =
  /\b(?:half|twice|double|triple|thrice|third|not|no|never|than|fewer|less|without|except|minus|plus|times|wrong|reciprocal|opposite|negative|squared?|cubed?|inverse|complement|error|guess|estimate|mistake|smallest|largest|least|most|greatest|nearly|almost|over|under|above|below|between|until|before|after|if|unless|maybe|perhaps|possibly|or|either|neither|instead|originally|first|unlike)\b|n't\b/i;
const VERBS =
  'is|are|was|were|equals?|has|have|had|makes?|made|takes?|took|needs?|needed|costs?|earns?|earned|gets?|got|sold|sells?|spent|spends?|bought|buys?|paid|pays?|ate|eats?|saved?|saves|walked|walks?|ran|runs?|drove|drives?|reads?|used?|uses|gave|gives?|receive[sd]?|worked|works?|owes?|weighs?|contains?|holds?|travels?|travell?ed|requires?|remains?|sees?|saw|wins?|won|scored?|scores|lasts?|collect(?:s|ed)?|be|becomes?|plants?|planted|picks?|picked|baked?|bakes|drinks?|drank|lives?|lived|sleeps?|slept|grows?|keeps?|kept|leaves|leave|produces?|produced|invited?|invites|writes?|wrote|finds?|found|measures?|comes? to|adds? up to|works? out to|totals?|yields?';
/** "John will have 45 marbles": one clause with one number. */
const SENTENCE = new RegExp(
  `^(?!.*\\d.*\\s\\d)(?:[A-Za-z][A-Za-z']*,? ){1,10}?(?:${VERBS}) (?:(?:a total of|exactly|only|just|for|at|by|in|out|up|to|about|approximately|another|back|home|left|with|equal to) ){0,2}${NUMBER_BEGINS}`,
);
/** "half of them", "3/4 of a mile" */
const PART_OF =
  /^(half|(?:(?:an?|one|two|three|four|five|six|seven) )?(?:a )?(?:half|third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth)s?|(?:one|two|three|four|five|seven)-[a-z]+|\d+\/\d+) of (?:them|these|it|all|(?:an?|the|his|her|their|its)(?: whole)? ([a-z]+))$/i;
/** Text that adds nothing after a number with its unit or noun. */
const TAIL =
  /(?<=[a-z\d%°)}$¢])\s+(?:in total|in all|total|altogether|overall|left(?: over)?|remaining|exactly|(?:every|each|a|per) (?:day|week|month|year|time)|tall|long|wide|high|deep|thick|away|apart|old|of age|for (?:the )?(?:book|trip|party|whole \w+)|more|at (?:home|school|work|the \w+)|in (?:the|his|her|their|its|a|each|one) [a-z]+|of (?:them|these|those)|of (?:the|his|her|their|its) [a-z]+(?: [a-z]+)?|from (?:the )?[a-z]+|on (?:the )?[a-z]+|(?<=[a-z] )(?:passed|failed|came|attended|voted|survived|sold|eaten|bought|used|needed|required|available|present|absent|each|saved|earned))$/i;

/**
 * A text without the prose around its answer: without "exactly", quotes, the sentence around a number, the subject
 * before what it is. Undefined when there is nothing to remove.
 */
export function withoutProse(text: string): string | undefined {
  const plain = shorter(text);
  return plain === text || plain === '' ? undefined : plain;
}

function shorter(text: string): string {
  if (text.length > 200) return text;
  let plain = text
    .replace(/^(["'`])([^"'`]+)\1$/, '$2')
    .replace(/^(?:exactly|only|just|precisely)\s+/i, '')
    .replace(/\s*\[(?:units?|[a-z]{1,12})\]$/i, '')
    .replace(/^in (?:the year )?(?=\d{4}$)|^the year (?=\d{4}$)/i, '')
    .replace(
      /,?\s*(?:where|for|with|for (?:all|any|every|some))?\s*(?:\\?[a-z](?:\s*\\in\s*\\mathbb\s*\{?[ZN]\}?|\s+is an?(?:y|\s+arbitrary)?\s+integer)|(?:any |all )?integers? [a-z])$/i,
      '',
    )
    .replace(
      /^(?:the |an? )?(?:point|pair|vector|coordinates?|ordered pair|interval|set|matrix|number|value|slope|pH)\s+(?=[-(\\[{<\d])/i,
      '',
    )
    .replace(/^(?:after|in|every|within) (?=\d[\d.]* (?:second|minute|hour|day|week|month|year)s?$)/i, '')
    .replace(/(?<=^\d[\d.]* (?:second|minute|hour|day|week|month|year)s?) (?:later|from now)$/i, '')
    .replace(/^pH\s*(?:=|is|of)\s*/, '')
    .replace(/(?<=\d)\s+odds$/i, '')
    .replace(/^\\Delta\s*_?\{?[A-Z]\}?\s*(?:_\{?\w+\}?)?\s*=\s*/, '')
    .replace(/^([A-N])\s*选项$/, '$1')
    .replace(/(?<=\p{Script=Han}{2})(?:条件|方向|是的)$/u, '');
  plain = plain.replace(PART_OF, (_, part: string, whole: string | undefined) =>
    whole !== undefined && readUnits(whole).length > 0 ? `${part} ${whole}` : part,
  );
  if (plain !== text) return plain.trim();
  if (SENTENCE.test(text) && !CHANGES.test(text)) return text.replace(SENTENCE, '').trim();
  if (/^[-+$€£]?\s*(?:\d|\\frac|\(|\\sqrt)/.test(text) && !CHANGES.test(text)) return text.replace(TAIL, '');
  if (/\d|[\\=<>^]/.test(text)) return text;
  plain = text
    .replace(SUBJECT, '')
    .replace(/^the [a-z]+ (?=(?:con|di)verges|increases|decreases)/i, '')
    .replace(CIRCUMSTANCE, '');
  return plain === text || NEGATION.test(text) ? text : plain.replace(/^(?:an?|the)\s+/i, '').trim();
}

/** "The graph is a circle", "It has no solution". */
const SUBJECT =
  /^(?:the|this|that|these|those|it|they|he|she|its|their|there|both|all)\b(?: [a-z]+){0,5}? (?:is|are|was|were|has|have|exists?|will be) (?!only\b)/i;
/** "on the interval", "by the ratio test" */
const CIRCUMSTANCE =
  /(?<=^(?:(?:con|di)verge(?:s|nt)?|(?:in|de)creas(?:es|ing)|(?:ir)?rational|continuous|odd|even))\s+(?:on|by|for|over|because|since|as)\s.+$/i;
const NEGATION = /\b(?:not|never|cannot|neither|nor|unless|if|or|but)\b|n't\b/i;
