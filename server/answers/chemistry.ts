import { itemAt, lastItem } from '../reasoning/present.js';
import type { Verdict } from './verdict.js';

const SYMBOLS = new Set(
  `H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn
Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu`.split(
    /\s+/,
  ),
);

/** Names of elements and of common compounds. */
const NAMES: Readonly<Record<string, string>> = {
  hydrogen: 'H',
  helium: 'He',
  lithium: 'Li',
  beryllium: 'Be',
  boron: 'B',
  carbon: 'C',
  nitrogen: 'N',
  oxygen: 'O',
  fluorine: 'F',
  neon: 'Ne',
  sodium: 'Na',
  magnesium: 'Mg',
  aluminum: 'Al',
  aluminium: 'Al',
  silicon: 'Si',
  phosphorus: 'P',
  sulfur: 'S',
  sulphur: 'S',
  chlorine: 'Cl',
  argon: 'Ar',
  potassium: 'K',
  calcium: 'Ca',
  titanium: 'Ti',
  chromium: 'Cr',
  manganese: 'Mn',
  iron: 'Fe',
  cobalt: 'Co',
  nickel: 'Ni',
  copper: 'Cu',
  zinc: 'Zn',
  bromine: 'Br',
  krypton: 'Kr',
  silver: 'Ag',
  tin: 'Sn',
  iodine: 'I',
  xenon: 'Xe',
  barium: 'Ba',
  tungsten: 'W',
  platinum: 'Pt',
  gold: 'Au',
  mercury: 'Hg',
  lead: 'Pb',
  radon: 'Rn',
  radium: 'Ra',
  uranium: 'U',
  plutonium: 'Pu',
  water: 'H2O',
  'carbon dioxide': 'CO2',
  'carbon monoxide': 'CO',
  'sodium chloride': 'NaCl',
  ammonia: 'NH3',
  methane: 'CH4',
  'hydrochloric acid': 'HCl',
  'hydrogen chloride': 'HCl',
  'sulfuric acid': 'H2SO4',
  'nitric acid': 'HNO3',
  'sodium hydroxide': 'NaOH',
  'calcium carbonate': 'CaCO3',
  'hydrogen peroxide': 'H2O2',
  'sulfur dioxide': 'SO2',
  'nitrogen dioxide': 'NO2',
  ozone: 'O3',
  glucose: 'C6H12O6',
  'potassium permanganate': 'KMnO4',
  'calcium oxide': 'CaO',
  'magnesium oxide': 'MgO',
  'iron(iii) oxide': 'Fe2O3',
  'silver nitrate': 'AgNO3',
  'sodium bicarbonate': 'NaHCO3',
  'sodium carbonate': 'Na2CO3',
  'calcium hydroxide': 'Ca(OH)2',
  'potassium chloride': 'KCl',
  'copper(ii) sulfate': 'CuSO4',
};
/** Elements whose gas is written with two atoms: "oxygen" is O and O2. */
const PAIRS = new Set(['H', 'N', 'O', 'F', 'Cl', 'Br', 'I']);

/** A formula: its parts in the written order, and the number of atoms of each element. */
interface Formula {
  readonly written: string;
  readonly atoms: string;
  /** Whether it can hardly be anything but chemistry: two elements, a charge, or a name. */
  readonly isClear: boolean;
}

/**
 * Compares chemical formulas, reaction equations, isotopes and electron configurations; undefined when one of the texts is not one of
 * these. A formula with the same atoms in another order may be another compound, or a product of variables.
 */
export function compareChemistry(a: string, r: string): Verdict | undefined {
  if (Math.max(a.length, r.length) > 200) return undefined;
  const [shells, otherShells] = [configuration(a), configuration(r)];
  if (shells !== undefined && otherShells !== undefined) return judged(shells === otherShells ? 'right' : 'wrong');
  const [isotope, other] = [readIsotope(a), readIsotope(r)];
  if (isotope !== undefined && other !== undefined) return judged(isotope === other ? 'right' : 'wrong');
  const [sides, otherSides] = [reaction(a), reaction(r)];
  if (sides !== undefined || otherSides !== undefined)
    return sides && otherSides ? judged(sides === otherSides ? 'right' : 'wrong') : undefined;
  const [x, y] = [readFormula(a), readFormula(r)];
  if (x === undefined || y === undefined || !(x.isClear || y.isClear)) return undefined;
  if (x.written === y.written || isGas(x, y) || isGas(y, x)) return judged('right');
  return x.atoms === y.atoms ? undefined : judged('wrong');
}

function judged(verdict: Verdict['verdict']): Verdict {
  return { verdict, method: 'chemistry' };
}

function isGas(a: Formula, b: Formula): boolean {
  return PAIRS.has(a.written) && a.isClear && b.written === `${a.written}2`;
}

function readFormula(text: string): Formula | undefined {
  const named = NAMES[text.toLowerCase()];
  const plain = (named ?? text)
    .replace(/\\ce\s*\{([^{}]*)\}/g, '$1')
    .replace(/\s*\((?:aq|s|l|g)\)$/, '')
    .replace(/_\s*\{?\s*(\d+)\s*\}?/g, '$1')
    .replace(/\\cdot\s*|•\s*/g, '.')
    .replace(/\s+/g, '');
  const { formula, sign } = splitCharge(plain);
  const atoms = countAtoms(formula);
  if (atoms === undefined) return undefined;
  const isClear = named !== undefined || sign !== '' || atoms.size > 1 || /^[A-Z][a-z]$/.test(formula);
  const counted = [...atoms].sort(([x], [y]) => (x < y ? -1 : 1)).map(([symbol, n]) => `${symbol}${n}`);
  return { written: formula + sign, atoms: counted.join('') + sign, isClear };
}

/** The charge behind a formula: `Na^+`, `SO_4^{2-}`, `Ca2+`, `SO42-`; the 4 of `NH4+` counts atoms. */
function splitCharge(text: string): { readonly formula: string; readonly sign: string } {
  const raised = /\^\{?(?:(\d?)([+-])|([+-])(\d))\}?$/.exec(text);
  if (raised !== null)
    return { formula: text.slice(0, raised.index), sign: `^${raised[1] || raised[4] || 1}${raised[2] ?? itemAt(raised, 3)}` };
  const [, body, digit = '', sign] = /^(.*?)(\d?)([+-])$/.exec(text) ?? [];
  if (body === undefined) return { formula: text, sign: '' };
  return digit !== '' && (/\d$/.test(body) || SYMBOLS.has(body))
    ? { formula: body, sign: `^${digit}${sign}` }
    : { formula: body + digit, sign: `^1${sign}` };
}

/** Atoms by element of `Ca(OH)2` and `CuSO4.5H2O`; undefined when a part is not an element. */
function countAtoms(formula: string): Map<string, number> | undefined {
  if (!/^[A-Z\d(][A-Za-z\d().[\]]*$/.test(formula) || !/[A-Z]/.test(formula)) return undefined;
  const total = new Map<string, number>();
  for (const part of formula.split('.')) {
    const [, times, rest] = /^(\d{0,3})(.+)$/.exec(part) ?? [];
    if (rest === undefined || (times !== '' && part === formula)) return undefined;
    const levels = [new Map<string, number>()];
    const token = /([A-Z][a-z]?)(\d{0,3})|([([])|[)\]](\d{0,3})/y;
    let end = 0;
    for (let match = token.exec(rest); match !== null; match = token.exec(rest)) {
      end = token.lastIndex;
      if (match[1] !== undefined) {
        if (!SYMBOLS.has(match[1])) return undefined;
        add(lastItem(levels), match[1], Number(match[2] || 1));
      } else if (match[3] !== undefined) levels.push(new Map());
      else {
        const inner = levels.pop();
        if (inner === undefined || levels.length === 0) return undefined;
        for (const [symbol, n] of inner) add(lastItem(levels), symbol, n * Number(match[4] || 1));
      }
    }
    if (end !== rest.length || levels.length !== 1) return undefined;
    for (const [symbol, n] of itemAt(levels, 0)) add(total, symbol, n * Number(times || 1));
  }
  return total;
}

function add(counts: Map<string, number>, symbol: string, n: number): void {
  counts.set(symbol, (counts.get(symbol) ?? 0) + n);
}

/** `2H_2 + O_2 \rightarrow 2H_2O`: both sides with their substances in any order. */
function reaction(text: string): string | undefined {
  const sides = text.replace(/\\ce\s*\{([^{}]*)\}/g, '$1').split(/\\(?:long)?rightarrow(?![a-zA-Z])|\\to(?![a-zA-Z])|-+>|=+>|→|⟶/);
  if (sides.length !== 2) return undefined;
  const read = sides.map((side) => {
    const substances = side.trim().split(/\s+\+\s+|(?<=[\w})])\s*\+\s*(?=\d?[A-Z])/);
    const terms = substances.map((substance) => {
      const [, count, rest] = /^(\d{0,3})\s*(.+)$/.exec(substance.trim()) ?? [];
      const formula = rest === undefined ? undefined : readFormula(rest);
      return formula && `${count || 1} ${formula.written}`;
    });
    return terms.includes(undefined) ? undefined : terms.sort().join(' + ');
  });
  return read.includes(undefined) ? undefined : read.join(' -> ');
}

/** `carbon-14`, `C-14`, `^{14}C`, `^{14}_{6}C` */
function readIsotope(text: string): string | undefined {
  const spoken = /^([A-Za-z]+)-(\d{1,3})$/.exec(text);
  const raised = /^(?:\{\s*\})?(?:_\{?\d+\}?)?\^\{?(\d{1,3})\}?(?:_\{?\d+\}?)?\s*([A-Z][a-z]?)$/.exec(text);
  const [, name = '', mass = ''] = spoken ?? [];
  const symbol = raised?.[2] ?? NAMES[name.toLowerCase()] ?? name;
  return SYMBOLS.has(symbol) ? `${symbol}-${raised?.[1] ?? mass}` : undefined;
}

/** `1s^2 2s^2`, `[Ar] 4s^2`, `sp^3` */
function configuration(text: string): string | undefined {
  const plain = text.replace(/[\s^{}]/g, '');
  return /^(?:\[[A-Z][a-z]\])?(?:[1-7][spdf]\d{1,2})+$/.test(plain) || /^sp[23]?(?:d2?)?$/.test(plain) ? plain : undefined;
}
