/**
 * The double of Hugging Face's Hub passes what the real one does. The real one is asked where RATCHET_TEST_HUB_TOKEN is a
 * token with write access, and RATCHET_TEST_HUB_NAMESPACE whose: the suite makes private repos there and removes them.
 */
import { deleteRepo } from '@huggingface/hub';
import { afterAll, describe, it } from 'vitest';
import { hubConformance } from '../conformance/hub/suite.ts';
import { type HubDouble, startHubDouble } from '../servers/hub/hugging-face-hub.ts';

let double: HubDouble | undefined;
afterAll(() => double?.close());

hubConformance('the double', async () => {
  double = await startHubDouble();
  double.tokens.set('hf_writes', { user: 'ann', name: 'ci', role: 'write' });
  const { repos } = double;
  return {
    ...{ endpoint: double.url, token: 'hf_writes', namespace: 'acme' },
    remove: async (repo) => void repos.delete(repo),
  };
});

const { RATCHET_TEST_HUB_TOKEN: token, RATCHET_TEST_HUB_NAMESPACE: namespace, HF_ENDPOINT } = process.env;
const endpoint = HF_ENDPOINT || 'https://huggingface.co';
if (token && namespace)
  hubConformance(endpoint, async () => ({
    ...{ endpoint, token, namespace },
    remove: (repo) => deleteRepo({ repo, accessToken: token, hubUrl: endpoint }),
  }));
else
  describe.skip('the real Hub: RATCHET_TEST_HUB_TOKEN and RATCHET_TEST_HUB_NAMESPACE are not set', () => {
    it('is a Hub', () => undefined);
  });
