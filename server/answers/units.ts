import { create, type Unit as MathUnit, unitDependencies } from 'mathjs';
import { itemAt, mustGet, mustHave } from '../reasoning/present.js';
import { divide, fromDecimal, multiply, ONE, power, type Rational, rational } from './math/rational.js';

/** A unit. Numbers of the same dimension are compared after multiplying by the factor (and adding the offset). */
export interface Unit {
  /** Sorted, such as `length:1 time:-1`. */
  readonly dimension: string;
  /** Exact. */
  readonly factor: Rational;
  /** Offset of a temperature scale, in its own units. */
  readonly offset?: Rational;
  /** A single letter that is more often a variable: h, t. */
  readonly isWeak?: boolean;
}

const math = create({ ...unitDependencies });
const DIMENSIONS = ['mass', 'length', 'time', 'current', 'temperature', 'luminosity', 'amount', 'angle', 'bits'];
const PREFIXES = new Set([
  '',
  'k',
  'M',
  'G',
  'T',
  'P',
  'd',
  'c',
  'm',
  'u',
  'n',
  'p',
  'kilo',
  'mega',
  'giga',
  'tera',
  'deci',
  'centi',
  'milli',
  'micro',
  'nano',
  'pico',
  'hecto',
  'deca',
  'Ki',
  'Mi',
  'Gi',
  'Ti',
  'kibi',
  'mebi',
  'gibi',
]);
const WEAK = new Set(['h', 't', 'b', 'l', 'a', 'u', 'M']);

/** Units that the library lacks, defines inexactly or reads differently: [names, dimension, factor]. */
const OWN: readonly (readonly [names: string, dimension: string, factor: string])[] = [
  ['° deg degree degrees 度', 'angle', '1'],
  ["' arcmin arcminute arcminutes", 'angle', '1/60'],
  ["'' arcsec arcsecond arcseconds", 'angle', '1/3600'],
  ['rad radian radians 弧度', 'radian', '1'],
  ['acre acres', 'length2', '4046.8564224'],
  ['month months 个月', 'months', '1'],
  ['year years yr yrs 年', 'months', '12'],
  ['mph', 'speed', '0.44704'],
  ['kph kmh kmph', 'speed', '10/36'],
  ['rpm RPM', 'turnRate', '1/60'],
  ['revolution revolutions rev revs', 'turns', '1'],
  ['beat beats', 'beats', '1'],
  ['bpm BPM', 'pulse', '1/60'],
  ['M molar', 'concentration', '1000'],
  ['mM', 'concentration', '1'],
  ['nmi', 'length', '1852'],
  ['ly lightyear lightyears', 'length', '9460730472580800'],
  ['AU au', 'length', '149597870700'],
  ['Bq becquerel becquerels', 'activity', '1'],
  ['Sv sievert sieverts', 'dose', '1'],
  ['dB decibel decibels', 'level', '1'],
  ['knot knots kn', 'speed', '1852/3600'],
  ['cal calorie calories', 'energy', '4.184'],
  ['kcal kilocalorie kilocalories', 'energy', '4184'],
  ['dollar dollars $ USD US$ 美元', 'USD', '1'],
  ['cent cents ¢ 美分', 'USD', '1/100'],
  ['euro euros € EUR 欧元', 'EUR', '1'],
  ['A$ AUD', 'AUD', '1'],
  ['C$ CA$ CAD', 'CAD', '1'],
  ['HK$ HKD 港元', 'HKD', '1'],
  ['NZ$ NZD', 'NZD', '1'],
  ['S$ SGD', 'SGD', '1'],
  ['R$ BRL real reais', 'BRL', '1'],
  ['£ GBP quid pence-sterling 英镑', 'GBP', '1'],
  ['pence penny', 'GBP', '1/100'],
  ['rupee rupees ₹ Rs INR 卢比', 'INR', '1'],
  ['yuan rmb RMB CNY 元 块 块钱 人民币', 'CNY', '1'],
  ['角', 'CNY', '1/10'],
  ['yen JPY 日元', 'JPY', '1'],
  ['won ₩ KRW', 'KRW', '1'],
  ['peso pesos', 'peso', '1'],
  ['franc francs CHF', 'CHF', '1'],
];
/** Other spellings and translations of the library's names. */
const ALIASES = new Map(
  Object.entries({
    atmosphere: 'atm',
    atmospheres: 'atm',
    厘米: 'cm',
    米: 'm',
    千米: 'km',
    公里: 'km',
    毫米: 'mm',
    分米: 'dm',
    升: 'L',
    毫升: 'mL',
    克: 'g',
    千克: 'kg',
    公斤: 'kg',
    吨: 'tonne',
    分钟: 'min',
    分: 'min',
    小时: 'hour',
    个小时: 'hour',
    个星期: 'week',
    星期: 'week',
    时: 'hour',
    秒: 's',
    天: 'day',
    日: 'day',
    周: 'week',
    公顷: 'hectare',
    metre: 'meter',
    metres: 'meter',
    kilos: 'kg',
    kilo: 'kg',
    litres: 'liter',
    litre: 'liter',
    lbs: 'lb',
    pound: 'lb',
    pounds: 'lb',
    ha: 'hectare',
    sec: 's',
    secs: 's',
    hr: 'hour',
    hrs: 'hour',
    mins: 'min',
    foot: 'ft',
    feet: 'ft',
    inch: 'in',
    inches: 'in',
    celsius: 'degC',
    fahrenheit: 'degF',
    kelvin: 'K',
    kelvins: 'K',
    centigrade: 'degC',
    '°C': 'degC',
    '°F': 'degF',
    '℃': 'degC',
    '℉': 'degF',
    mile: 'mi',
    yard: 'yd',
    yards: 'yd',
    ounces: 'oz',
    ounce: 'oz',
    t: 'tonne',
    tons: 'tonne',
    ton: 'tonne',
    摄氏度: 'degC',
    Ω: 'ohm',
    kΩ: 'kohm',
    MΩ: 'Mohm',
    μm: 'um',
    µm: 'um',
    Å: 'angstrom',
    KG: 'kg',
    Km: 'km',
    KM: 'km',
    CM: 'cm',
    Kg: 'kg',
    ML: 'mL',
    KMH: 'km',
  }),
);
/** Names of the library that are ordinary words or letters in an answer. */
const NOT_UNITS = new Set([
  'cup',
  'cups',
  'rod',
  'rods',
  'link',
  'links',
  'chain',
  'chains',
  'drop',
  'drops',
  'stick',
  'sticks',
  'e',
  'x',
  'cd',
  'a',
  'u',
  'b',
  'B',
  'cP',
  'vac',
  'hg',
  'mil',
  'mils',
  'grain',
  'grains',
  'dram',
  'stone',
  'poise',
  'gill',
  'fl',
  'pin',
  'Gin',
  'din',
  'ch',
  'nin',
  'pt',
  'pin',
]);

const own = new Map<string, Unit>();
for (const [names, dimension, factor] of OWN) {
  const [num, den] = factor.split('/').map(fromDecimal) as [Rational, Rational?];
  const named: Readonly<Record<string, string>> = {
    length2: 'length:2',
    speed: 'length:1 time:-1',
    energy: 'length:2 mass:1 time:-2',
    concentration: 'amount:1 length:-3',
    turnRate: 'turns:1 time:-1',
    pulse: 'beats:1 time:-1',
  };
  for (const name of names.split(' '))
    own.set(name, {
      dimension: named[dimension] ?? `${dimension}:1`,
      factor: den ? mustHave(divide(num, den), 'quotient') : num,
      // 5' may be minutes, feet or a slip of the pen.
      ...((/^'/.test(name) || WEAK.has(name)) && { isWeak: true }),
    });
}

/**
 * The units a phrase may mean: `cm`, `Square centimetres`, `cm^2`, `kilometers per hour`, `m s^{-1}`, `平方厘米`. Empty for other
 * words; two for "pounds", which are a mass or a currency. Upper and lower case count in symbols: Mg is not mg.
 */
export function readUnits(phrase: string): readonly Unit[] {
  const text = phrase.trim().replace(/(?<=[a-z]{2})\.$/, '');
  if (text.length > 60) return [];
  if (/^pounds?$/i.test(text)) return [mustBe('lb'), mustGet(own, '£')];
  if (text === '¥' || text === '￥') return [mustGet(own, 'yuan'), mustGet(own, 'yen')];
  if (text === 'C') return [mustBe('C'), mustBe('degC')];
  if (text === 'F') return [mustBe('F'), mustBe('degF')];
  const unit = product(text);
  return unit === undefined ? [] : [unit];
}

/** Whether two units measure the same, and whether the numbers must be converted. */
export function unitsAgree(a: Unit, b: Unit): 'same' | 'convert' | 'different' {
  if (a.dimension !== b.dimension) return 'different';
  const isSame = a.factor.num * b.factor.den === b.factor.num * a.factor.den && a.offset?.num === b.offset?.num;
  return isSame ? 'same' : 'convert';
}

/** Units multiplied and divided, each with its power; "per" and "/" divide by the next one only. */
function product(text: string): Unit | undefined {
  const prepared = text
    .replace(/\bpounds? per square inch\b/gi, 'psi')
    .replace(/\bnautical miles?\b/gi, 'nmi')
    .replace(/\blight[ -]years?\b/gi, 'ly')
    .replace(/\b([NJVA])([ms])(?=$|[\s/])/g, (all, unit: string, other: string) =>
      /^(?:Nm|Ns|Js|Vs|As)$/.test(all) ? `${unit} ${other}` : all,
    )
    .replace(
      /\/\s*\(([^()]*)\)/g,
      (_, factors: string) =>
        `/${factors
          .trim()
          .split(/[\s·*]+|\\cdot\s*/)
          .join('/')}`,
    )
    .replace(/°\s*([CF])(?![a-zA-Z])/g, ' deg$1')
    // J/g K is per gram and per kelvin.
    .replace(/(?<=\/\s*(?:k?g|mol))\s+(degC|degF|K)$/, '/$1')
    .replace(/\bdegrees?\s+(?:celsius|centigrade|C)\b/gi, 'degC')
    .replace(/\bdegrees?\s+(?:fahrenheit|F)\b/gi, 'degF')
    .replace(/\b(minute|second)s? of arc\b/gi, 'arc$1')
    .replace(/\\(?:cdot|times)(?![a-zA-Z])/g, ' ')
    .replace(/\\mu\s*(?=[a-zA-Z])/g, 'u')
    .replace(/\\frac\s*\{([^{}]*)\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}/g, '$1/$2')
    .replace(/\\(?:Omega|ohm)(?![a-zA-Z])/g, 'ohm')
    .replace(/(?<=^(?:year|month|week|day)s?) old$/i, '')
    .replace(/[·*]/g, ' ')
    .replace(/每|\s+(?:per|an?)\s+/gi, '/')
    .replace(/^(\p{Script=Han}+)\/(?=\p{Script=Han})/u, '$1/');
  const parts = prepared.split(/(\/)|[\s-]+(?!\^|\d)/).filter((part) => part !== undefined && part !== '');
  const dimensions = new Map<string, number>();
  let factor: Rational = ONE;
  let single: Unit | undefined;
  let sign = 1;
  let modifier = 1;
  let count = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = itemAt(parts, i);
    if (part === '/') {
      if (i === 0) return undefined;
      sign = -1;
      continue;
    }
    const word = /^(?:square|sq\.?|平方)$/i.test(part) ? 2 : /^(?:cubic|cu\.?|立方)$/i.test(part) ? 3 : 0;
    if (word > 0) {
      modifier = word;
      continue;
    }
    let exponent = modifier;
    if (/^squared$/i.test(parts[i + 1] ?? '')) exponent = (i++, 2);
    else if (/^cubed$/i.test(parts[i + 1] ?? '')) exponent = (i++, 3);
    const match = /^(平方|立方)?(.*?)(?:\s*\^\s*\{?\s*(-?\d)\s*\}?|(-?\d))?$/u.exec(part);
    const [, area, name = '', raisedTo, behind] = match ?? [];
    if (area !== undefined) exponent = area === '平方' ? 2 : 3;
    const written = raisedTo ?? behind;
    if (written !== undefined) exponent = Number(written);
    const unit = named(name);
    if (unit === undefined) return undefined;
    single = exponent === 1 && sign === 1 ? unit : undefined;
    const raised = power(unit.factor, BigInt(exponent * sign));
    const all = raised && multiply(factor, raised);
    if (all === undefined) return undefined;
    factor = all;
    for (const term of unit.dimension.split(' ')) {
      const [name, n] = term.split(':') as [string, string];
      dimensions.set(name, (dimensions.get(name) ?? 0) + Number(n) * exponent * sign);
    }
    sign = 1;
    modifier = 1;
    count++;
  }
  if (count === 0 || modifier !== 1 || sign !== 1) return undefined;
  if (count === 1 && single !== undefined) return single;
  const dimension = [...dimensions]
    .filter(([, n]) => n !== 0)
    .map(([name, n]) => `${name}:${n}`)
    .sort()
    .join(' ');
  return dimension === '' ? undefined : { dimension, factor };
}

function mustBe(name: string): Unit {
  return mustHave(named(name), `unit "${name}"`);
}

function named(name: string): Unit | undefined {
  const lower = name.toLowerCase();
  const found = own.get(name) ?? (name.length > 2 ? own.get(lower) : undefined);
  if (found) return found;
  const spelled = ALIASES.get(name) ?? (name.length > 2 ? ALIASES.get(lower) : undefined) ?? name;
  // British spelling with any prefix.
  const alias =
    spelled.length > 4
      ? spelled
          .replace(/metre(?=s?$)/i, 'meter')
          .replace(/litre(?=s?$)/i, 'liter')
          .replace(/gramme(?=s?$)/i, 'gram')
      : spelled;
  // Symbols keep their case; long names lose it and their plural.
  return (
    library(alias) ?? (alias.length > 4 ? (library(alias.toLowerCase()) ?? library(alias.toLowerCase().replace(/s$/, ''))) : undefined)
  );
}

function library(name: string): Unit | undefined {
  if (name === 'degC') return { dimension: 'temperature:1', factor: ONE, offset: fromDecimal('273.15') };
  if (name === 'degF') return { dimension: 'temperature:1', factor: rational(5n, 9n), offset: fromDecimal('459.67') };
  if (!/^[a-zA-Zµμ]+$/.test(name) || NOT_UNITS.has(name)) return undefined;
  let parts: MathUnit['units'];
  try {
    parts = math.unit(1, name).units;
  } catch {
    return undefined;
  }
  const [part] = parts as unknown as { prefix: { name: string; value: number }; unit: { value: number; dimensions: number[] } }[];
  if (part === undefined || parts.length !== 1 || !PREFIXES.has(part.prefix.name)) return undefined;
  const { value, dimensions } = part.unit;
  // Powers in a name (m2) are read before; here they would make the factor inexact.
  const scale = multiply(fromDecimal(String(value)), fromDecimal(String(part.prefix.value)));
  const dimension = dimensions
    .flatMap((n, i) => (n === 0 ? [] : [`${DIMENSIONS[i]}:${n}`]))
    .sort()
    .join(' ');
  if (scale === undefined || dimension === '' || (dimension === 'temperature:1' && name !== 'K')) return undefined;
  return { dimension, factor: scale, ...(WEAK.has(name) && { isWeak: true }) };
}
