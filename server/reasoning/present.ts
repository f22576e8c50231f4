/**
 * Access to what the code knows to exist: an element, a group of a regular expression that took part, the value of a
 * key. If that knowledge is wrong, an error names the place at once, instead of an `undefined` or NaN that surfaces
 * somewhere else.
 */

/** @throws without an element at `index` */
export function itemAt<T>(list: ArrayLike<T | undefined>, index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`There is no element ${index} in a list of ${list.length}.`);
  return item;
}

/** @throws for an empty list */
export function lastItem<T>(list: ArrayLike<T | undefined>): T {
  return itemAt(list, list.length - 1);
}

/** @throws without a value of `key` */
export function mustGet<K, V>(map: ReadonlyMap<K, V | undefined>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`There is no value of the key ${String(key)}.`);
  return value;
}

/** @throws without a value; `what` names it in the message */
export function mustHave<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`There is no ${what}.`);
  return value;
}
