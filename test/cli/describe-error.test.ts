import { describeError } from '../../lib/cli/describe-error';
import { InvalidInput } from '../../lib/core/problem';

const problem = (where: string) => ({ where, text: 'is wrong' });

test("of a user's mistakes each is shown on its line, and no stack trace buries them", () => {
  expect(describeError(new InvalidInput([problem('a'), problem('b')]))).toBe(
    '[a] is wrong\n[b] is wrong\n2 problems; nothing was written',
  );
  expect(describeError(new InvalidInput([problem('a')]))).toBe('[a] is wrong\n1 problem; nothing was written');
});

test('a mistake that another copy of recstack found is one, too', () => {
  const other = Object.assign(new Error('[a] is wrong'), { name: 'InvalidInput', problems: [problem('a')] });
  expect(describeError(other)).toBe('[a] is wrong\n1 problem; nothing was written');
});

test('of anything else the trace is shown', () => {
  const error = new TypeError('x is not a function');
  expect(describeError(error)).toBe(error.stack);
  expect(describeError(error)).toContain('describe-error.test.ts');
});

test('an error without a trace, or what is no error, is shown as it is', () => {
  const bare = Object.assign(new Error('bare'), { stack: undefined });
  expect(describeError(bare)).toBe('bare');
  expect(describeError('thrown by hand')).toBe('thrown by hand');
  expect(describeError(undefined)).toBe('undefined');
});
