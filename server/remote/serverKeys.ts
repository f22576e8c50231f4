/** OpenAI's server, the default for `OPENAI_API_KEY`, as in OpenAI's own libraries. */
const OPENAI = 'https://api.openai.com';

/**
 * Returns the environment's key for a server. A key is sent only to the origin for which it was set: `STEPLENS_API_KEY`
 * to that of `STEPLENS_API_URL`, or without this variable to the server that the user has named, if there is exactly
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
