/** Where a key without an address of its own may go: OpenAI's server, as its own libraries have it. */
const OPENAI = 'https://api.openai.com';

/**
 * The key that the environment has for a server. A key goes to the origin it was set for and to no other:
 * `STEPLENS_API_KEY` to that of `STEPLENS_API_URL`, and without that to the server the user has named, when there is just
 * one; `OPENAI_API_KEY` to that of `OPENAI_BASE_URL`, else to api.openai.com.
 *
 * @param named Origins that the user has written on the command line.
 */
export function keyFor(url: string, env: NodeJS.ProcessEnv, named: readonly string[]): string | undefined {
  const origin = originOf(url);
  if (origin === undefined) return undefined;
  const [own, ...others] = new Set(named);
  const steplens = env.STEPLENS_API_URL ? originOf(env.STEPLENS_API_URL) : others.length === 0 ? own : undefined;
  if (env.STEPLENS_API_KEY && origin === steplens) return env.STEPLENS_API_KEY;
  const openAi = env.OPENAI_BASE_URL ? originOf(env.OPENAI_BASE_URL) : OPENAI;
  return env.OPENAI_API_KEY && origin === openAi ? env.OPENAI_API_KEY : undefined;
}

/** The origin of a URL; undefined for anything else. */
export function originOf(url: string): string | undefined {
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).origin : undefined;
}
