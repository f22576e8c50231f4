import { lastItem } from '../reasoning/present.js';

/** Nouns, in the singular, that only name what is counted: an answer with one equals the number alone. */
const NOUNS = new Set(
  `apple orange banana pear peach plum lemon mango cherry grape strawberry berry melon watermelon tomato potato carrot onion egg cookie cake cupcake
pie pizza slice candy chocolate sandwich burger donut muffin bagel bread loaf bottle can jar box bag basket bucket carton crate packet pack package bowl
plate spoon fork knife cup glass mug book page notebook pen pencil eraser crayon marker ruler paper sheet card sticker stamp photo picture letter word
line paragraph chapter magazine newspaper toy doll ball marble block brick bead coin bill ticket token chip prize gift balloon game puzzle piece
student pupil child kid boy girl man woman person people adult teacher parent friend member player worker employee customer guest passenger visitor
resident voter family team group class club committee school house home room floor building apartment office store shop car truck bus bike bicycle train plane boat
ship wheel tire seat chair table desk bed lamp bulb window door wall tile rope ribbon string stick pole post fence tree flower plant seed leaf
branch rose tulip bush garden field farm animal dog cat puppy kitten bird chicken hen duck goose turkey cow pig sheep goat horse rabbit fish shark frog
turtle snake lion tiger bear monkey elephant insect ant bee spider butterfly leg head eye hand finger shirt sock shoe hat dress skirt jacket coat
glove button point goal score-point run basketball football shot throw lap match win loss vote question problem answer solution root-count way method possibility
arrangement combination permutation outcome case choice option subset set element number integer digit value term factor divisor multiple prime pair-count
vertex vertice edge face side angle diagonal triangle square-count rectangle circle polygon segment ray region area point intersection path route step move turn trip ride
unit item object thing piece part section copy sample message call email song movie video minute-count lesson test quiz exam grade mark trial event
molecule atom ion electron proton cell shelf drawer locker key ring necklace bracelet stone rock shell star planet machine computer phone robot tool
gallon-count worker share stock machine trophy medal award flag kite match sweet treat snack meal lunch dinner drink juice soda cracker nut
neighbor neighbour sister brother cousin grandchild daughter son baby soldier officer farmer baker cook artist singer dancer musician athlete runner
clip chapter-count patient nurse doctor pet owner camper hiker shopper reader writer driver rider sailor pilot swimmer dancer singer guitar piano violin drum
pancake waffle brownie donut doughnut pastry bun roll taco burrito hotdog sausage steak rib wing nugget fry chip noodle bean pea corn lettuce cabbage
pepper cucumber pumpkin squash radish beet mushroom grapefruit pineapple kiwi apricot raisin almond walnut peanut pecan cashew olive
blanket pillow towel curtain rug carpet mattress couch sofa cabinet closet bookshelf bookcase notepad folder binder envelope postcard brochure poster
painting drawing sculpture statue portrait canvas brush crayon pin needle thread yarn button-count zipper scarf mitten glove belt tie suit uniform
car-count truckload taxi van scooter motorcycle helicopter rocket satellite canoe kayak raft ferry submarine wagon cart trailer
bolt nail screw nut washer hinge pipe wire cable plank beam log board shingle panel fixture outlet socket battery charger laptop tablet camera printer keyboard
mouse-count monitor speaker headphone album concert ticket-count performance rehearsal costume mask puppet robot drone app
game-count goal-count inning quarter-count set-count medal-count race jump lap-count push-up pushup pull-up situp squat exercise workout class-count lecture assignment homework
essay report project presentation slide test-count vote-count ballot candidate senator mayor citizen tourist camper-count immigrant
hen-count rooster calf lamb foal pup kitten-count hamster gerbil parrot pigeon crow owl eagle hawk swan penguin dolphin whale seal otter crab lobster shrimp clam
oyster starfish octopus squid worm caterpillar beetle moth mosquito fly dragonfly grasshopper cricket ladybug
island lake river mountain hill valley forest beach street road avenue block-count mile-count intersection bridge tunnel station stop airport hospital church museum library
park zoo theater theatre restaurant cafe hotel motel bank
order sale purchase delivery shipment package-count parcel invoice receipt coupon voucher subscription donation contribution
error mistake defect bug complaint injury accident incident crime
planet-count comet asteroid galaxy crystal bacterium cell-count gene protein chromosome neutron photon bond orbital isotope
roll-count draw toss flip spin shuffle deal hand-count jack queen king ace spade heart diamond club domino pawn knight bishop rook
probability length width height radius diameter perimeter volume distance speed time age price cost profit total sum difference product ratio
mean median mode range average percentage fraction amount rate weight mass temperature slope intercept result answer`
    .split(/\s+/)
    .filter((word) => !word.includes('-')),
);
/** Words that may precede such nouns or be between them. */
const BESIDES = new Set(
  `red blue green yellow orange purple pink black white brown gray grey small large big little long short tall old new young total more different distinct
possible positive whole real complex round full empty square cubic linear separate equal of the a an in per each such all other unique ordered`.split(
    /\s+/,
  ),
);
/** Chinese measure words and nouns. */
const HAN = new Set(
  '个 只 本 人 名 条 张 支 辆 岁 种 次 棵 颗 块 件 把 位 间 页 份 户 袋 盒 瓶 箱 头 匹 朵 双 对 组 排 层 道 题 台 艘 根 面 单位 平方单位 种方法 个人 名学生 个学生 个苹果'.split(
    ' ',
  ),
);

/** Whether a phrase only describes what is counted: "red apples", "square units", "ways". */
export function isDescriptive(phrase: string): boolean {
  if (HAN.has(phrase.trim())) return true;
  // 本书, 棵树: a measure word and what is measured.
  if (/^\p{Script=Han}{2,5}$/u.test(phrase) && HAN.has(phrase.charAt(0)) && !/[半多少倍分之以上下左右不没到至元角]/u.test(phrase))
    return true;
  const words = phrase
    .toLowerCase()
    .trim()
    .split(/[\s-]+/);
  return words.length <= 6 && NOUNS.has(singular(lastItem(words))) && words.every((word) => BESIDES.has(word) || NOUNS.has(singular(word)));
}

/** A phrase without plural endings, good enough to compare two phrases. */
export function singularPhrase(phrase: string): string {
  return phrase
    .toLowerCase()
    .trim()
    .replace(/^(?:square|sq\.?) units?$/, 'units^2')
    .replace(/^cubic units?$/, 'units^3')
    .replace(/^(units?)\s*\^\s*\{?([23])\}?$/, 'units^$2')
    .split(/[\s-]+/)
    .map(singular)
    .join(' ');
}

function singular(word: string): string {
  const irregular: Readonly<Record<string, string>> = {
    children: 'child',
    people: 'person',
    men: 'man',
    women: 'woman',
    feet: 'foot',
    geese: 'goose',
    leaves: 'leaf',
    loaves: 'loaf',
    knives: 'knife',
    shelves: 'shelf',
    vertices: 'vertex',
    persons: 'person',
    mice: 'mouse',
    grandchildren: 'grandchild',
    calves: 'calf',
    wolves: 'wolf',
    bacteria: 'bacterium',
    mitochondria: 'mitochondrion',
    fries: 'fry',
    flies: 'fly',
  };
  if (irregular[word] !== undefined) return irregular[word];
  if (NOUNS.has(word)) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:s|x|z|ch|sh|o)es$/.test(word) && NOUNS.has(word.slice(0, -2))) return word.slice(0, -2);
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}
