import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('python3', ['--version'], { encoding: 'utf8' });

/** Whether scripts that run in clusters can be run here. */
export const hasPython = /^Python 3\.(9|\d\d)/.test(stdout ?? '');

/** Shown as skipped where there is no Python: in the cluster it comes with the image. */
export const onPython = hasPython ? test : test.skip;
