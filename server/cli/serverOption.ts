import { withoutSecrets } from '../remote/serverAddress.js';
import { originOf } from '../remote/serverKeys.js';
import { UsageError } from './command.js';

/** `--allow-server URL`, which may be given several times. */
export const serverOption = { 'allow-server': { type: 'string', multiple: true, default: [] as string[] } } as const;

/** Help text of the option. */
export const serverHelp = `--allow-server URL
                   question, steps and figures may be sent to this server, where the model's profile
                   names one; its key comes from the environment, STEPLENS_API_KEY`;

/** Origins of the servers that may be sent text. */
export function allowedOrigins(urls: readonly string[]): string[] {
  return urls.map((url) => {
    const origin = originOf(url);
    if (origin === undefined)
      throw new UsageError(`--allow-server is the URL of a server, as https://host:8000, not "${withoutSecrets(url)}"`);
    return origin;
  });
}
