import { must, pattern } from './schema';

export { type ClockChange, clockChanges, instantsOf, wallClock } from './clocks';

const rule = must('be a time zone like Asia/Shanghai');

/** Checks the name of a time zone, as Kubernetes and Python know them. */
export const timeZoneSchema = pattern<string>(/./, rule, isTimeZone);

/**
 * Whether the time zone is in the tz database that comes with Node, as it comes with Kubernetes. Node also takes other
 * spellings (`asia/shanghai`, and offsets from version 22 on), Kubernetes does not.
 */
function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // An alias resolves to another name, so that only its first letter tells.
    return timeZone === name || (timeZone.toLowerCase() !== name.toLowerCase() && /^[A-Z]/.test(name));
  } catch {
    return false;
  }
}
