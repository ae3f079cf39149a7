/** Domains as an embedder meets them: what is refused, and in which words. What merges with what is in test/behaviour/property. */
import { expect, test } from 'vitest';
import { createHost, type Host } from '../../../src/index.ts';
import { checkHost } from '../../support/inside.ts';
import { PAGE } from '../../support/page.ts';

function hostOf(index: 'content' | 'hash'): Promise<Host> {
  return createHost({ memory: '4M', pages: 1024, processes: 8, vmas: 64, domains: 3, index, seed: 1 });
}

const thrown = (code: string, word: string): object =>
  expect.objectContaining({ code, message: expect.stringContaining(word) });

test.each(['content', 'hash'] as const)(
  '%s order: as many as there is room for, and again once one is dropped',
  async (index) => {
    const host = await hostOf(index);
    const [one, two] = [host.makeDomain({ pages: 100, salt: 7 }), host.makeDomain()];
    expect([one, two]).toEqual([1, 2]);
    expect(() => host.makeDomain()).toThrow(thrown('ENOMEM', '"domains"'));
    const guest = host.spawn();
    guest.mmap(PAGE, 4 * PAGE);
    guest.setDomain(one);
    guest.setDomain(two, PAGE, 2 * PAGE);
    for (const domain of [one, two]) expect(() => host.dropDomain(domain)).toThrow(thrown('EBUSY', `domain ${domain}`));
    guest.exit();
    for (const domain of [two, one]) host.dropDomain(domain);
    expect(host.makeDomain()).toBe(one);
    checkHost(host);
  },
);

test('what is no domain, and half a range, are refused', async () => {
  const host = await hostOf('hash');
  const guest = host.spawn();
  guest.mmap(PAGE, PAGE);
  const domain = host.makeDomain();
  for (const none of [2, 3, -1, 0.5, '1', undefined]) {
    expect(() => guest.setDomain(none as typeof domain)).toThrow(thrown('EINVAL', 'domain'));
    expect(() => host.dropDomain(none as typeof domain)).toThrow(thrown('EINVAL', 'domain'));
  }
  expect(() => host.dropDomain(0 as typeof domain)).toThrow(thrown('EINVAL', 'makeDomain'));
  expect(() => guest.setDomain(domain, PAGE)).toThrow(thrown('EINVAL', 'length'));
  expect(() => guest.setDomain(domain, undefined, PAGE)).toThrow(thrown('EINVAL', 'address'));
  expect(() => guest.setDomain(domain, PAGE, 2 * PAGE)).toThrow(thrown('ENOMEM', 'setDomain'));
  expect(() => host.makeDomain({ page: 1 } as object)).toThrow(thrown('EINVAL', 'pages'));
  guest.exit();
  expect(() => guest.setDomain(domain)).toThrow(thrown('ESRCH', 'setDomain'));
  checkHost(host);
});
