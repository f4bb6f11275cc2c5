/** When something is, in seconds from a trace's start: the time in UTC where that is known, else the day and time of the trace. */
export function instant(seconds: number, startsAt: number | undefined): string {
  const iso = new Date(((startsAt ?? 0) + seconds) * 1000).toISOString();
  if (startsAt !== undefined) return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
  return `day ${Math.floor(seconds / 86_400) + 1}, ${iso.slice(11, 16)}`;
}
