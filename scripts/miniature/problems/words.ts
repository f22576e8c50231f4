/** Names, things and places the kinds draw from. Plain ASCII, plural forms. */
export const people = [
  'Ana',
  'Ben',
  'Carla',
  'David',
  'Emma',
  'Farid',
  'Grace',
  'Hugo',
  'Ines',
  'Jamal',
  'Kira',
  'Leo',
  'Maya',
  'Nina',
  'Omar',
  'Paula',
  'Quinn',
  'Rosa',
  'Sam',
  'Tara',
  'Umar',
  'Vera',
  'Wei',
  'Yara',
  'Zoe',
  'Anton',
  'Bella',
  'Chen',
  'Dina',
  'Erik',
] as const;

export const things = [
  'pens',
  'books',
  'apples',
  'cards',
  'marbles',
  'stickers',
  'pencils',
  'muffins',
  'oranges',
  'candles',
  'stamps',
  'shells',
  'cookies',
  'balloons',
  'erasers',
  'tickets',
  'plums',
  'buttons',
  'beads',
  'notebooks',
] as const;

export const foods = ['cookies', 'muffins', 'apples', 'oranges', 'plums', 'cherries', 'biscuits', 'grapes', 'nuts', 'pretzels'] as const;

/** [one, many] */
export const containers = [
  ['box', 'boxes'],
  ['bag', 'bags'],
  ['pack', 'packs'],
  ['crate', 'crates'],
  ['basket', 'baskets'],
  ['tray', 'trays'],
  ['jar', 'jars'],
] as const;

export const places = ['garden', 'yard', 'field', 'park', 'playground', 'meadow', 'farm', 'terrace'] as const;
export const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
export const fruits = ['apples', 'pears', 'plums', 'cherries', 'lemons', 'melons', 'figs', 'peaches'] as const;
export const pets = ['dogs', 'cats', 'birds', 'fish', 'rabbits', 'hamsters', 'turtles', 'mice'] as const;
export const goods = ['pen', 'cap', 'mug', 'ball', 'kite', 'book', 'lamp', 'drum', 'hat', 'puzzle', 'broom', 'towel'] as const;
export const toys = ['bicycle', 'guitar', 'tent', 'camera', 'skateboard', 'telescope', 'tablet', 'drum kit'] as const;
export const vehicles = ['car', 'train', 'bus', 'truck', 'van', 'boat'] as const;
export const friends = ['friends', 'children', 'students', 'cousins', 'players', 'neighbors'] as const;
