const HOUR = 3600_000;
const at = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();
const ready = (status: 'True' | 'False', hours: number) => ({
  conditions: [{ type: 'Ready', status, lastTransitionTime: at(hours) }],
});

/**
 * The status of pods in every state that the controller tells apart when it reads the CPU, hours away from where its
 * periods end. One that starts in the future is one that has just started, for as long as a test lasts.
 */
export const BYSTANDERS = {
  starting: { phase: 'Running', startTime: at(1), ...ready('False', 0) },
  'starting-and-ready-for-long': { phase: 'Running', startTime: at(1), ...ready('True', -1) },
  'starting-and-ready-since-its-sample': { phase: 'Running', startTime: at(1), ...ready('True', 1) },
  'never-ready': { phase: 'Running', startTime: at(-1), ...ready('False', -1) },
  'no-longer-ready': { phase: 'Running', startTime: at(-2), ...ready('False', -1) },
  'without-a-condition': { phase: 'Running', startTime: at(-1) },
  'without-a-start': { phase: 'Running', ...ready('True', -1) },
  pending: { phase: 'Pending' },
  failed: { phase: 'Failed', startTime: at(-1), ...ready('True', 0) },
  succeeded: { phase: 'Succeeded', startTime: at(-1), ...ready('False', -1) },
  deleted: { phase: 'Running', startTime: at(-1), ...ready('True', -1) },
} as const;
