/** `npm run house`: writes the table of folders into ARCHITECTURE.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { withTable } from './houseTable.mjs';

const page = 'ARCHITECTURE.md';
await writeFile(page, withTable(await readFile(page, 'utf8')));
