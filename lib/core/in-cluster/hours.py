"""Which events of a calendar are on: the same rules as those of lib/core/calendar.ts, which a test compares."""

from datetime import timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def events_at(calendar, instant):
    """The names of the events that are on at an instant, a datetime with a time zone."""
    return [event["name"] for event in calendar["events"] if is_on(event, calendar["timeZone"], instant)]


def is_on(event, time_zone, instant):
    now = instant.astimezone(ZoneInfo(event.get("timeZone", time_zone)))
    # As text, times on a clock are in their order.
    shown = now.strftime("%Y-%m-%dT%H:%M:%S")
    start, end = event["start"], event["end"]
    every = event.get("every")
    if every == "year":
        return start <= shown[5:] < end if start < end else start <= shown[5:] or shown[5:] < end
    if every != "day":
        return start <= shown < end

    def begins(day):
        return WEEKDAYS[day.weekday()] in event.get("days", WEEKDAYS)

    time = shown[11:]
    over_midnight = start > end
    today = begins(now) and start <= time and (over_midnight or time < end)
    return today or (over_midnight and time < end and begins(now.date() - timedelta(days=1)))
