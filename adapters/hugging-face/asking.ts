/**
 * `fetch` to one Hub: the token goes to the API of the repo and nowhere else (links for uploads are signed themselves), an answer above 399 is an error in words, and each
 * request is sent once. What the SDK asks goes through it, too: the SDK knows neither headers of an answer nor tokens of
 * others than Hugging Face's.
 */
import type { HubTarget } from '#ports/model-hub.ts';
import { noAnswer, refusal, storageFailed } from './refusals.ts';

export type Asking = (doing: string) => typeof fetch;

export function asking(target: HubTarget, signal: AbortSignal): Asking {
  const { endpoint, repo, token } = target;
  const api = [`api/models/${repo}`, 'api/repos/create', `${repo}.git/info/lfs/`, `${repo}/resolve/`];
  const ours = (url: URL) => api.some((path) => url.href.startsWith(`${endpoint}/${path}`));

  /** In words, for a message; the message is as good without. */
  const whose = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${token.value}` };
    const answer = await fetch(`${endpoint}/api/whoami-v2`, { headers, signal }).catch(() => null);
    const known = (await answer?.json().catch(() => null)) as {
      name?: unknown;
      auth?: { accessToken?: { displayName?: unknown; role?: unknown } };
    } | null;
    const { displayName, role } = known?.auth?.accessToken ?? {};
    const words = [
      typeof displayName === 'string' ? `"${displayName}"` : '',
      typeof role === 'string' ? `role ${role}` : '',
      typeof known?.name === 'string' ? `of ${known.name}` : '',
    ].filter(Boolean);
    return words.length > 0 ? ` (${words.join(', ').slice(0, 200)})` : '';
  };

  return (doing) => async (given, init) => {
    const url = new URL(given instanceof Request ? given.url : given);
    const headers = new Headers(init?.headers);
    if (ours(url)) headers.set('authorization', `Bearer ${token.value}`);
    else headers.delete('authorization');
    const signals = [signal, ...(init?.signal ? [init.signal] : [])];
    try {
      const answer = await fetch(url, { ...init, headers, signal: AbortSignal.any(signals) });
      if (answer.ok) return answer;
      const { status } = answer;
      const body = (await answer.text()).slice(0, 10_000);
      const refused = { target, doing, status, headers: answer.headers, body, whose, now: Date.now() };
      throw ours(url) ? await refusal(refused) : storageFailed(refused);
    } catch (error) {
      throw noAnswer(error, target, doing, signal);
    }
  };
}
