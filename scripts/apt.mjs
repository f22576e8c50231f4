/** Installs Debian packages if the user may do so. */
import { messageOf, run } from './run.mjs';

/**
 * @param {string[]} packages
 * @returns {Promise<void>} rejects with the command to run by hand when this user cannot install packages
 */
export async function apt(packages) {
  const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (process.platform !== 'linux') throw new Error(`Missing: ${packages.join(', ')}. Install it with this system's package manager.`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    console.log(`Installing ${packages.join(', ')}`);
    await run([...sudo, 'apt-get', 'update', '-qq'], { env, quiet: true });
    await run([...sudo, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages], { env, quiet: true });
  } catch (error) {
    throw new Error(`${packages[0]} is missing and could not be installed (${messageOf(error)}). By hand: ${byHand}`, { cause: error });
  }
}
