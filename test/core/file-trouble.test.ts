import { constants } from 'node:os';
import { tellingFileTrouble } from '../../lib/core/file-trouble';

function telling(error: Error): () => void {
  return () =>
    tellingFileTrouble('dist/dev', 'be a folder that can be written', 'choose another', () => {
      throw error;
    });
}

test('what the action returns is passed on', () => {
  expect(tellingFileTrouble('x', '', '', () => 5)).toBe(5);
});

test.each([
  ['EACCES', 'permission denied', constants.errno.EACCES],
  ['EROFS', 'read-only file system', constants.errno.EROFS],
  ['ENOSPC', 'no space left on device', constants.errno.ENOSPC],
])('%s is told in the house form', (code, meaning, errno) => {
  expect(telling(Object.assign(new Error(), { errno: -errno }))).toThrow(
    `[dist/dev] must be a folder that can be written, but the system says '${meaning}' (${code}): choose another`,
  );
});

test('any other error is a bug, and keeps its trace', () => {
  const error = new TypeError('x is not a function');
  expect(telling(error)).toThrow(error);
});
