import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type LoadTestRun, readK6Summary } from '../capacity/queueing/k6-summary';
import { tellingFileTrouble } from '../core/file-trouble';
import { InvalidInput } from '../core/problem';
import { text, wholeNumber } from '../core/schema';

/** Checks where the results of a load test are: `{ files: [load/400.json, load/600.json], replicas: 2 }`. */
export const loadTestSchema = z.strictObject({
  /**
   * Summaries of k6, of runs at rising load, as its option `--summary-export` writes them. Paths begin at the working
   * folder.
   */
  files: z.array(text('the path of a summary of k6')).min(1).readonly(),
  /**
   * Replicas that answered.
   * @default 1
   */
  replicas: wholeNumber({ min: 1, of: 'replicas' }).default(1),
});

/** @throws InvalidInput with every file that can't be read, or is no summary of k6 */
export function readLoadTest({ files }: z.output<typeof loadTestSchema>): LoadTestRun[] {
  const runs: LoadTestRun[] = [];
  const problems = files.flatMap((file) => {
    try {
      const content = tellingFileTrouble(file, 'be a summary of k6', 'run k6 with --summary-export', () =>
        readFileSync(file, 'utf8'),
      );
      runs.push(readK6Summary(content, file));
      return [];
    } catch (error) {
      if (InvalidInput.is(error)) return error.problems;
      throw error;
    }
  });
  if (problems.length > 0) throw new InvalidInput(problems);
  return runs;
}
