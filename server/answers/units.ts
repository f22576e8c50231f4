import { rational, type Written } from './rational.js';

/** A unit that can be converted: numbers of the same dimension compare after multiplication by the factor. */
export interface Unit {
  readonly dimension: string;
  readonly factor: Written;
}

/** Dimension: [names..., factor] in a base unit of its own. Names in lower case; single letters keep their case. */
const TABLE: Readonly<Record<string, readonly (readonly [names: string, num: bigint, den?: bigint])[]>> = {
  length: [
    ['mm millimeter millimetre', 1n],
    ['cm centimeter centimetre', 10n],
    ['dm decimeter decimetre', 100n],
    ['m meter metre', 1000n],
    ['km kilometer kilometre', 1000000n],
    ['in inch inches', 254n, 10n],
    ['ft foot feet', 3048n, 10n],
    ['yd yard', 9144n, 10n],
    ['mi mile', 1609344n],
  ],
  mass: [
    ['mg milligram', 1n],
    ['g gram', 1000n],
    ['kg kilogram kilo', 1000000n],
    ['t tonne', 1000000000n],
    ['lb lbs pound', 45359237n, 100n],
    ['oz ounce', 45359237n, 1600n],
  ],
  time: [
    ['ms millisecond', 1n],
    ['s sec second', 1000n],
    ['min minute', 60000n],
    ['h hr hour', 3600000n],
    ['day', 86400000n],
    ['week', 604800000n],
  ],
  months: [
    ['month', 1n],
    ['yr year', 12n],
  ],
  volume: [
    ['ml milliliter millilitre', 1n],
    ['cl centiliter centilitre', 10n],
    ['dl deciliter decilitre', 100n],
    ['l L liter litre', 1000n],
  ],
  dollars: [
    ['cent cents ¢', 1n],
    ['$ dollar usd', 100n],
  ],
  euros: [['€ euro eur', 1n]],
  pounds: [['£ gbp', 1n]],
  rupees: [['₹ rupee rs', 1n]],
  yuan: [['¥ yuan rmb yen', 1n]],
  angle: [['° degree deg', 1n]],
  radian: [['rad radian', 1n]],
  speed: [
    ['km/h kmh kph kilometer-per-hour', 10n, 36n],
    ['m/s meter-per-second metre-per-second', 1n],
    ['mph mi/h mile-per-hour', 1609344n, 3600000n],
  ],
};

const UNITS = new Map<string, Unit>();
for (const [dimension, rows] of Object.entries(TABLE)) {
  for (const [names, num, den = 1n] of rows)
    for (const name of names.split(' ')) UNITS.set(name, { dimension, factor: rational(num, den) });
}

/** The unit of a phrase such as `cm`, `Square centimetres`, `cm^2`, `kilometers per hour`, `m^{3}`; undefined for other words. */
export function readUnit(phrase: string): Unit | undefined {
  const text = phrase.trim().replace(/[.]$/, '');
  const power = /^(?:(square|sq\.?|cubic|cu\.?)\s+(.+)|(.+?)\s*\^\s*\{?([23])\}?)$/i.exec(text);
  if (power !== null) {
    const exponent = power[4] !== undefined ? Number(power[4]) : /^s/i.test(power[1]!) ? 2 : 3;
    const base = named(power[2] ?? power[3]!);
    if (base?.dimension !== 'length') return undefined;
    return { dimension: `length^${exponent}`, factor: rational(base.factor.num ** BigInt(exponent), base.factor.den ** BigInt(exponent)) };
  }
  return named(text);
}

function named(name: string): Unit | undefined {
  if (name.length === 1) return UNITS.get(name);
  const lower = name
    .toLowerCase()
    .replace(/\s+(?:per|an?)\s+/g, '-per-')
    .replace(/s(?=-per-)/, '');
  return UNITS.get(lower) ?? UNITS.get(lower.replace(/s$/, ''));
}
