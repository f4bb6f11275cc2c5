import { hash } from '../../lib/core/hash';

test('a hash is the start of the SHA-256, which is the same everywhere and another for another text', () => {
  expect(hash('')).toBe('e3b0c44298fc1c14');
  expect(hash('abc')).toBe('ba7816bf8f01cfea');
});
