/** Imported first by every page, so that texts are set before a module uses one. The host writes them into the page. */
import { setTexts } from '../../server/l10n.js';

const texts = document.getElementById('texts')?.textContent;
if (texts) setTexts(JSON.parse(texts) as Record<string, string>);
