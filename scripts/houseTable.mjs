import { others, rooms } from './rooms.mjs';

const begin = '<!-- Written by `npm run house` from scripts/rooms.mjs. -->';
const end = '<!-- End of the table. -->';

/** The page with its table of folders replaced by that of scripts/rooms.mjs. */
export function withTable(page) {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The table of folders has no place in the page: "${begin}" and "${end}" mark it.`);
  return `${page.slice(0, from + begin.length)}\n\n${table()}\n\n${page.slice(to)}`;
}

function table() {
  const name = ({ folder }) => `\`${folder}${folder.endsWith('.ts') ? '' : '/'}\``;
  // Folders of the same process are named without the process.
  const short = (folder, { folder: of }) => {
    const process = `${of.split('/')[0]}/`;
    return `\`${folder.startsWith(process) ? folder.slice(process.length) : folder}\``;
  };
  const rows = [
    ...rooms.map((room) => [name(room), room.holds, room.imports.map((one) => short(one, room)).join(', ') || 'nothing']),
    ...others.map(([folder, holds]) => [`\`${folder}\``, holds, '']),
  ];
  return ['| folder | holds | may import |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}
