"""Schedule expressions: what they mean, when they fire, and what is refused."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sfn_dsl.errors import DeclarationError
from sfn_dsl.schedules.at import At
from sfn_dsl.schedules.cron import Cron
from sfn_dsl.schedules.days import days_in
from sfn_dsl.schedules.description import describe
from sfn_dsl.schedules.expression import never_fires, parse
from sfn_dsl.schedules.gaps import gaps
from sfn_dsl.schedules.interval import shortest_interval
from sfn_dsl.schedules.rate import Rate
from sfn_dsl.span import Span

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Tokyo", "Pacific/Apia")


def fires(text: str, zone: str = "UTC", *, since: str = "2026-01-01T00:00:00", count: int = 3) -> list[str]:
    """The first fires after a moment (UTC), to the minute."""
    instant = datetime.fromisoformat(since).replace(tzinfo=UTC)
    return [f"{moment:%Y-%m-%dT%H:%M}" for moment in itertools.islice(parse(text, zone).iterate(instant), count)]


# Forms. 2026-01-01 is a Thursday.


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("0/15 * * * ? *", "01-01T00:15 01-01T00:30 01-01T00:45"),
        ("*/15 * * * ? *", "01-01T00:15 01-01T00:30 01-01T00:45"),
        ("10-30/5 4 * * ? *", "01-01T04:10 01-01T04:15 01-01T04:20"),
        ("50/20 4 * * ? *", "01-01T04:50 01-02T04:50 01-03T04:50"),
        ("55-5/5 4 * * ? *", "01-01T04:00 01-01T04:05 01-01T04:55"),
        ("0 22-2/2 * * ? *", "01-01T02:00 01-01T22:00 01-02T00:00"),
        ("0 0,12 * * ? *", "01-01T12:00 01-02T00:00 01-02T12:00"),
        ("0 3 15 * ? *", "01-15T03:00 02-15T03:00 03-15T03:00"),
        ("0 3 31 * ? *", "01-31T03:00 03-31T03:00 05-31T03:00"),
        ("0 3 29-2 * ? *", "01-01T03:00 01-02T03:00 01-29T03:00"),
        ("0 3 L * ? *", "01-31T03:00 02-28T03:00 03-31T03:00"),
        ("0 3 LW * ? *", "01-30T03:00 02-27T03:00 03-31T03:00"),
        ("0 3 1W * ? *", "01-01T03:00 02-02T03:00 03-02T03:00"),
        ("0 3 15W * ? *", "01-15T03:00 02-16T03:00 03-16T03:00"),
        ("0 3 31W * ? *", "01-30T03:00 03-31T03:00 05-29T03:00"),
        ("0 3 14W 2 ? *", "02-13T03:00 2027-02-15T03:00 2028-02-14T03:00"),
        ("0 3 ? * MON-FRI *", "01-01T03:00 01-02T03:00 01-05T03:00"),
        ("0 3 ? * 1 *", "01-04T03:00 01-11T03:00 01-18T03:00"),
        ("0 3 ? * SUN *", "01-04T03:00 01-11T03:00 01-18T03:00"),
        ("0 3 ? * FRI-MON *", "01-02T03:00 01-03T03:00 01-04T03:00"),
        ("0 3 ? * L *", "01-03T03:00 01-10T03:00 01-17T03:00"),
        ("0 3 ? * FRIL *", "01-30T03:00 02-27T03:00 03-27T03:00"),
        ("0 3 ? * 6L *", "01-30T03:00 02-27T03:00 03-27T03:00"),
        ("0 3 ? * TUE#2 *", "01-13T03:00 02-10T03:00 03-10T03:00"),
        ("0 3 ? * 5#5 *", "01-29T03:00 04-30T03:00 07-30T03:00"),
        ("0 3 ? * 2/2 *", "01-02T03:00 01-05T03:00 01-07T03:00"),
        ("0 3 1 JAN/6 ? *", "01-01T03:00 07-01T03:00 2027-01-01T03:00"),
        ("0 3 1 NOV-FEB ? *", "01-01T03:00 02-01T03:00 11-01T03:00"),
        ("0 3 29 FEB ? *", "2028-02-29T03:00 2032-02-29T03:00 2036-02-29T03:00"),
        ("0 3 1 1 ? 2030-2040/5", "2030-01-01T03:00 2035-01-01T03:00 2040-01-01T03:00"),
        ("0 3 1 1 ? 2199", "2199-01-01T03:00"),
    ],
)
def test_cron_forms(fields: str, expected: str) -> None:
    wanted = [text if text[4] == "-" else f"2026-{text}" for text in expected.split()]
    assert fires(f"cron({fields})") == wanted


@pytest.mark.parametrize(
    ("text", "zone", "since", "expected"),
    [
        # 02:00 to 02:59 does not exist in New York on 8 March 2026, nor in Berlin on 29 March.
        ("cron(30 2 * * ? *)", "America/New_York", "2026-03-07T00:00:00", ["2026-03-07T07:30", "2026-03-09T06:30"]),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T00:00:00", ["2026-03-28T01:30", "2026-03-30T00:30"]),
        ("cron(30 2 * * ? *)", "Asia/Tokyo", "2026-03-07T00:00:00", ["2026-03-07T17:30", "2026-03-08T17:30"]),
        # 01:00 to 01:59 comes twice on 1 November 2026 in New York, 02:00 to 02:59 on 25 October in Berlin.
        ("cron(30 1 * * ? *)", "America/New_York", "2026-11-01T00:00:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
        ("cron(30 1 * * ? *)", "America/New_York", "2026-11-01T05:45:00", ["2026-11-02T06:30", "2026-11-03T06:30"]),
        ("cron(30 1 * * ? *)", "America/New_York", "2026-11-01T06:15:00", ["2026-11-02T06:30", "2026-11-03T06:30"]),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-25T00:00:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        ("cron(0/30 * * * ? *)", "America/New_York", "2026-11-01T05:10:00", ["2026-11-01T05:30", "2026-11-01T07:00"]),
        ("cron(0/30 * * * ? *)", "America/New_York", "2026-03-08T06:10:00", ["2026-03-08T06:30", "2026-03-08T07:00"]),
        # Clocks of Lord Howe Island are set by half an hour, those of Havana at midnight; Apia had no 30 December 2011.
        ("cron(15 2 * * ? *)", "Australia/Lord_Howe", "2026-10-02T16:00:00", ["2026-10-04T15:15", "2026-10-05T15:15"]),
        ("cron(30 0 * * ? *)", "America/Havana", "2026-03-07T06:00:00", ["2026-03-09T04:30", "2026-03-10T04:30"]),
        ("cron(0 12 * * ? *)", "Pacific/Apia", "2011-12-29T00:00:00", ["2011-12-29T22:00", "2011-12-30T22:00"]),
        # A day of a rate has 24 hours, whatever clocks do. Scheduler takes both forms of the unit of one.
        ("rate(1 days)", "America/New_York", "2026-03-07T12:00:00", ["2026-03-08T00:00", "2026-03-09T00:00"]),
        ("rate(1 day)", "America/New_York", "2026-03-07T12:00:00", ["2026-03-08T00:00", "2026-03-09T00:00"]),
        ("at(2026-03-08T03:00:00)", "America/New_York", "2026-01-01T00:00:00", ["2026-03-08T07:00"]),
        ("at(2026-11-01T01:30:00)", "America/New_York", "2026-01-01T00:00:00", ["2026-11-01T05:30"]),
        ("at(2026-11-01T01:30:00)", "America/New_York", "2026-11-01T05:30:00", []),
    ],
)
def test_daylight_saving_time(text: str, zone: str, since: str, expected: list[str]) -> None:
    assert fires(text, zone, since=since, count=2) == expected


def test_rate_counts_from_its_start() -> None:
    start = datetime(2026, 1, 1, 0, 7, 30, tzinfo=UTC)
    rate = parse("rate(15 minutes)", start=start)
    assert isinstance(rate, Rate)
    assert rate.after(start - timedelta(days=2)) == start
    assert rate.after(start - timedelta(microseconds=1)) == start
    assert rate.after(start) == start + timedelta(minutes=15)
    assert rate.after(start + timedelta(minutes=44)) == start + timedelta(minutes=45)
    assert parse("rate(90000 days)").after(NOW) is None
    with pytest.raises(ValueError, match="time zone"):
        parse("rate(1 hour)", start=datetime(2026, 1, 1))


def test_at_says_whether_it_is_past() -> None:
    past = parse("at(2025-12-31T23:59:59)", now=NOW)
    assert isinstance(past, At)
    assert past.past
    assert never_fires(past, NOW)
    coming = parse("at(2025-12-31T23:59:59)", "America/New_York", now=NOW)
    assert isinstance(coming, At)
    assert not coming.past
    assert coming.moment == datetime(2026, 1, 1, 4, 59, 59, tzinfo=UTC)


# What is refused


@pytest.mark.parametrize(
    ("text", "sentence", "help"),
    [
        ("cron(0 2 * * *)", "it has 5 fields instead of six", "`cron(0 2 * * ? *)`"),
        ("cron(0 2 * * 1-5)", "it has 5 fields", "`cron(0 2 ? * MON-FRI *)`"),
        ("cron(0 2 * * 0,6)", "it has 5 fields", "`cron(0 2 ? * SUN,SAT *)`"),
        ("cron(0 2 * * 5#2)", "it has 5 fields", "`cron(0 2 ? * FRI#2 *)`"),
        ("cron(0 2 ? * 2)", "it has 5 fields", "`cron(0 2 ? * 2 *)`"),
        ("cron(0 2 1 * 1)", "it has 5 fields", "one of the day fields is `?`"),
        ("cron()", "it has 0 fields", "the fields are minutes"),
        ("0 2 * * *", "not of the form", "`cron(0 2 * * ? *)`"),
        ("0 2 * * ? *", "not of the form", "write `cron(0 2 * * ? *)`"),
        ("daily", "not of the form", "for instance"),
        ("CRON(0 2 * * ? *)", "not of the form", "for instance"),
        ("rate( 1 hour)", "blanks beside the parentheses", "write `rate(1 hour)`"),
        ("cron(60 2 * * ? *)", "60 lies outside minutes, which is 0 to 59", ""),
        ("cron(0 24 * * ? *)", "24 lies outside hours, which is 0 to 23", ""),
        ("cron(0 2 0 * ? *)", "0 lies outside day of month, which is 1 to 31", ""),
        ("cron(0 2 32W * ? *)", "32 lies outside day of month", ""),
        ("cron(0 2 * 13 ? *)", "13 lies outside month", ""),
        ("cron(0 2 ? * 0 *)", "0 lies outside day of week", "Sunday is 1"),
        ("cron(0 2 * * ? 2200)", "2200 lies outside year, which is 1970 to 2199", ""),
        ("cron(*/60 2 * * ? *)", "60 is no step of minutes", ""),
        ("cron(0/0 2 * * ? *)", "0 is no step of minutes", ""),
        ("cron(0/x 2 * * ? *)", "the step of minutes is not a number", ""),
        ("cron(,5 2 * * ? *)", "minutes has an empty part", ""),
        ("cron(? 2 * * ? *)", "`?` has no meaning in minutes", "`*`"),
        ("cron(0 2 ? * FOO *)", "`FOO` is not a value of day of week", "SUN, MON"),
        ("cron(0 2 ? * Mon *)", "the name `Mon` is not in capitals", "MON"),
        ("cron(0 2 * JUNE ? *)", "`JUNE` is not a value of month", "JAN, FEB"),
        ("cron(0 2 * * * *)", "both set", "write `?` in one of them"),
        ("cron(0 2 1 * MON *)", "both set", "write `?` in one of them"),
        ("cron(0 2 ? * ? *)", "both `?`", "write `*`"),
        ("cron(0 2 1,L * ? *)", "`1,L` is not a form of day of month", "stand alone"),
        ("cron(0 2 2#1 * ? *)", "`2#1` belongs into day of week", ""),
        ("cron(0 2 ? * 2#6 *)", "up to 5 of each day of the week, not 6", ""),
        ("cron(0 2 ? * 2#1,3#1 *)", "is not a form of day of week", "stand alone"),
        ("cron(0 2 * * ? 2030-2028)", "runs backwards", "`2028-2030`"),
        ("cron(0 2 31 2,4,6 ? *)", "never fires because its months have no such day", ""),
        ("cron(0 2 29 2 ? 2027)", "never fires because its months have no such day", ""),
        ("cron(0 2 * * ? 2025)", "never fires after 2026-01-01", "`*`"),
        ("cron(30 2 8 3 ? 2026)", "never fires because clocks in America/New_York skip its time", "UTC"),
        ("at(2026-03-08T02:30:00)", "never fires because clocks in America/New_York skip its time", "UTC"),
        ("at(2026-02-30T02:30:00)", "there is no such date or time", ""),
        ("at(2026-02-03T24:00:00)", "there is no such date or time", ""),
        ("at(2026-02-03)", "yyyy-mm-ddThh:mm:ss", ""),
        ("at(2026-02-03T02:00:00Z)", "without a zone", ""),
        ("at(1969-02-03T02:00:00)", "1969 lies outside year", ""),
        ("rate(0 minutes)", "a rate of 0 has no meaning", "`rate(1 minute)`"),
        ("rate(2 hour)", "the unit of 2 is plural", "`rate(2 hours)`"),
        ("rate(30 seconds)", "`seconds` is not a unit", "minutes, hours and days"),
        ("rate(-1 minutes)", "a whole number and a unit", ""),
        ("rate(1.5 hours)", "a whole number and a unit", ""),
        (f"cron({'0,' * 200}0 2 * * ? *)", "characters, of which 256 are allowed", ""),
    ],
)
def test_refused(text: str, sentence: str, help: str) -> None:
    span = Span("pipelines/a.py", 3)
    with pytest.raises(DeclarationError) as caught:
        parse(text, "America/New_York", now=NOW, span=span)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"the schedule `{text[:256]}` is wrong: ")
    assert help in caught.value.help
    assert caught.value.span == span


@pytest.mark.parametrize("zone", ["", " ", "Mars/Base", "America", "../UTC", "/etc/passwd", "zone.tab", "Z" * 60, "a\0b"])
def test_unknown_zones(zone: str) -> None:
    with pytest.raises(DeclarationError, match="there is no time zone"):
        parse("rate(1 hour)", zone)


def test_without_a_present_only_the_impossible_is_refused() -> None:
    assert isinstance(parse("cron(0 2 * * ? 1999)"), Cron)
    at = parse("at(1999-01-01T00:00:00)")
    assert isinstance(at, At)
    assert not at.past


# What lints ask


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("cron(0 2 * * ? *)", "America/New_York", [("2026-03-08T02:00", "03:00", True), ("2027-03-14T02:00", "03:00", True)]),
        ("cron(30 2 ? * SUN *)", "Europe/Berlin", [("2026-03-29T02:30", "03:30", True), ("2027-03-28T02:30", "03:30", True)]),
        ("cron(0 2,3 * 3 ? *)", "America/New_York", [("2026-03-08T02:00", "03:00", False), ("2027-03-14T02:00", "03:00", False)]),
        (
            "cron(0/30 * * 3 ? 2026)",
            "America/New_York",
            [("2026-03-08T02:00", "03:00", False), ("2026-03-08T02:30", "03:30", False)],
        ),
        ("cron(0 2 ? * MON *)", "America/New_York", []),
        ("cron(0 1 * * ? *)", "America/New_York", []),
        ("cron(0 2 * * ? *)", "UTC", []),
        ("cron(0 2 * * ? *)", "Asia/Tokyo", []),
        ("cron(0 0 * * ? *)", "America/Havana", [("2026-03-08T00:00", "01:00", True), ("2027-03-14T00:00", "01:00", True)]),
        ("cron(15 2 * * ? *)", "Australia/Lord_Howe", [("2026-10-04T02:15", "02:45", True), ("2027-10-03T02:15", "02:45", True)]),
        ("rate(1 hour)", "America/New_York", []),
        ("at(2026-03-08T03:30:00)", "America/New_York", []),
    ],
)
def test_gaps(text: str, zone: str, expected: list[tuple[str, str, bool]]) -> None:
    found = gaps(parse(text, zone), 2026, 2027)
    assert [(f"{gap.local:%Y-%m-%dT%H:%M}", f"{gap.shown:%H:%M}", gap.lost) for gap in found] == expected
    assert {gap.timezone for gap in found} <= {zone}


@pytest.mark.parametrize(
    ("text", "zone", "seconds"),
    [
        ("rate(15 minutes)", "UTC", 900),
        ("rate(1 day)", "America/New_York", 86_400),
        ("at(2030-01-01T00:00:00)", "UTC", None),
        ("cron(0/15 * * * ? *)", "UTC", 900),
        ("cron(* * * * ? *)", "America/New_York", 60),
        ("cron(0,50 * * * ? *)", "UTC", 600),
        ("cron(0/25 * * * ? *)", "UTC", 600),
        ("cron(0 2 * * ? *)", "UTC", 86_400),
        # The day of the change to summer time has 23 hours.
        ("cron(0 12 * * ? *)", "America/New_York", 82_800),
        ("cron(0 2 * * ? *)", "America/New_York", 86_400),
        ("cron(30 1,3 * * ? *)", "America/New_York", 3600),
        ("cron(30 1,3 * * ? *)", "UTC", 7200),
        ("cron(0 0,23 * * ? *)", "UTC", 3600),
        ("cron(0 0 L * ? *)", "UTC", 28 * 86_400),
        ("cron(0 0 29 2 ? *)", "UTC", 4 * 366 * 86_400 - 3 * 86_400),
        ("cron(0 0 ? 2 7#5 *)", "UTC", (datetime(2048, 2, 29) - datetime(2020, 2, 29)).days * 86_400),
        ("cron(0 0 1 1 ? 2030)", "UTC", None),
        ("cron(0 0 1 1 ? 2030,2032)", "UTC", 730 * 86_400),
    ],
)
def test_shortest_interval(text: str, zone: str, seconds: int | None) -> None:
    assert shortest_interval(parse(text, zone)) == seconds


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("rate(1 minute)", "every minute"),
        ("rate(5 days)", "every 5 days"),
        ("at(2026-11-21T02:00:00)", "once on 2026-11-21 at 02:00:00 America/New_York"),
        ("cron(0/15 * * * ? *)", "every 15 minutes"),
        ("cron(* * * * ? *)", "every minute"),
        ("cron(0 * * * ? *)", "every hour"),
        ("cron(5 * * * ? *)", "every hour at minute 5"),
        ("cron(7,22 * * * ? *)", "at minutes 7, 22 of every hour"),
        ("cron(0 0/2 * * ? *)", "every 2 hours America/New_York"),
        ("cron(30 0/2 * * ? *)", "every 2 hours at minute 30 America/New_York"),
        ("cron(0 2 * * ? *)", "daily at 02:00 America/New_York"),
        ("cron(0 2,14 * * ? *)", "daily at 02:00 and 14:00 America/New_York"),
        ("cron(0 2 ? * MON-FRI *)", "on weekdays at 02:00 America/New_York"),
        ("cron(0 2 ? * MON,FRI *)", "on Monday and Friday at 02:00 America/New_York"),
        ("cron(0/10 8-17 ? * MON-FRI *)", "every 10 minutes of hours 8-17 on weekdays America/New_York"),
        ("cron(0 7-22 * * ? *)", "at hours 7-22 America/New_York"),
        ("cron(0 2 ? * FRI#2 *)", "on the second Friday of the month at 02:00 America/New_York"),
        ("cron(0 2 ? * 1L *)", "on the last Sunday of the month at 02:00 America/New_York"),
        ("cron(0 2 L * ? *)", "on the last day of the month at 02:00 America/New_York"),
        ("cron(0 2 LW 3,6 ? *)", "on the last weekday of March and June at 02:00 America/New_York"),
        ("cron(0 2 15W * ? *)", "on the weekday nearest to day 15 of the month at 02:00 America/New_York"),
        ("cron(0 2 1,2,3,7 * ? 2027)", "on days 1-3, 7 of the month in 2027 at 02:00 America/New_York"),
        ("cron(0 2 29 2 ? 2028)", "on day 29 of February 2028 at 02:00 America/New_York"),
        ("cron(0 2 * DEC ? *)", "daily in December at 02:00 America/New_York"),
        ("cron(0/5 * * DEC ? *)", "every 5 minutes in December America/New_York"),
    ],
)
def test_describe(text: str, phrase: str) -> None:
    assert describe(parse(text, "America/New_York")) == phrase


# Laws


def _part(low: int, high: int, *, wraps: bool) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(number, number)
    # Both libraries take `5-5` with a step, or at all, for an open range.
    spans = pair if wraps else pair.filter(lambda ends: ends[0] < ends[1])
    step = st.integers(1, max(1, high - low))
    return st.one_of(
        number.map(str),
        spans.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.builds(lambda ends, by: f"{ends[0]}-{ends[1]}/{by}", spans, step),
        step.map(lambda by: f"*/{by}"),
    )


def _field(low: int, high: int, *, wraps: bool) -> st.SearchStrategy[str]:
    lists = st.lists(_part(low, high, wraps=wraps), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), lists)


def _crons(*, wraps: bool) -> st.SearchStrategy[str]:
    days = st.one_of(_field(1, 31, wraps=wraps), st.sampled_from(["L", "LW"]), st.integers(1, 31).map(lambda day: f"{day}W"))
    weekdays = st.one_of(
        _field(1, 7, wraps=wraps),
        st.integers(1, 7).map(lambda day: f"{day}L"),
        st.builds(lambda day, nth: f"{day}#{nth}", st.integers(1, 7), st.integers(1, 5)),
    )
    both = st.one_of(days.map(lambda day: (day, "?")), weekdays.map(lambda day: ("?", day)))
    return st.builds(
        lambda minute, hour, day, month: f"cron({minute} {hour} {day[0]} {month} {day[1]} *)",
        _field(0, 59, wraps=wraps),
        _field(0, 23, wraps=wraps),
        both,
        _field(1, 12, wraps=wraps),
    )


def _cron(text: str, zone: str = "UTC") -> Cron:
    """The schedule, if it ever fires."""
    try:
        schedule = parse(text, zone)
    except DeclarationError as error:
        assume("never fires" not in str(error))
        raise
    assert isinstance(schedule, Cron)
    return schedule


instants = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(_crons(wraps=True), st.sampled_from(ZONES), instants)
@settings(max_examples=150, deadline=None)
def test_fires_increase_and_match_their_fields(text: str, zone: str, instant: datetime) -> None:
    cron = _cron(text, zone)
    found = [instant, *itertools.islice(cron.iterate(instant), 30)]
    assert all(a < b for a, b in itertools.pairwise(found))
    for moment in found[1:]:
        local = moment.astimezone(ZoneInfo(zone))
        assert local.fold == 0
        assert local.second == 0
        assert local.minute in cron.minutes
        assert local.hour in cron.hours
        assert local.month in cron.months
        assert local.day in days_in(cron.days, local.year, local.month)


@given(_crons(wraps=True), st.sampled_from(ZONES), instants, st.integers(0, 20))
@settings(max_examples=100, deadline=None)
def test_after_is_iterate_from_any_point(text: str, zone: str, instant: datetime, number: int) -> None:
    cron = _cron(text, zone)
    found = list(itertools.islice(cron.iterate(instant), number + 2))
    assume(len(found) == number + 2)
    assert cron.after(found[number]) == found[number + 1]
    assert cron.after(found[number + 1] - timedelta(seconds=1)) == found[number + 1]


@given(_field(0, 59, wraps=True), st.sampled_from(["0", "1", "2", "*", "1-3", "0,2"]), st.sampled_from(ZONES))
@settings(max_examples=30, deadline=None)
def test_every_local_time_fires_or_is_a_gap(minutes: str, hours: str, zone: str) -> None:
    cron = _cron(f"cron({minutes} {hours} 1-14 3 ? *)", zone)
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    fired = itertools.takewhile(lambda moment: moment < end, cron.iterate(begin))
    local = {moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in fired}
    skipped = {gap.local for gap in gaps(cron, 2026, 2026)}
    assert not local & skipped
    assert local | skipped == {datetime(2026, 3, day, *time) for day in range(1, 15) for time in cron.times}


@given(_crons(wraps=True), st.sampled_from(ZONES), st.integers(2024, 2050))
@settings(max_examples=60, deadline=None)
def test_no_two_fires_are_nearer_than_the_shortest_interval(text: str, zone: str, year: int) -> None:
    cron = _cron(text, zone)
    shortest = shortest_interval(cron)
    found = list(itertools.islice(cron.iterate(datetime(year, 3, 1, tzinfo=UTC)), 2000))
    nearest = min(((b - a).total_seconds() for a, b in itertools.pairwise(found)), default=None)
    if nearest is not None:
        assert shortest is not None
        assert shortest <= nearest
        assert shortest >= 60


@given(_field(0, 59, wraps=False), _field(0, 23, wraps=False), st.sampled_from(["America/New_York", "Europe/Berlin", "UTC"]))
@settings(max_examples=15, deadline=None)
def test_the_shortest_interval_occurs(minutes: str, hours: str, zone: str) -> None:
    cron = _cron(f"cron({minutes} {hours} * 3 ? 2026)", zone)
    found = list(cron.iterate(datetime(2025, 12, 1, tzinfo=UTC)))
    assert shortest_interval(cron) == min((b - a).total_seconds() for a, b in itertools.pairwise(found))


def _unix(text: str) -> str:
    """The five fields of Unix for a cron expression: Sunday is 0."""
    minutes, hours, day, month, weekday, _ = text[5:-1].split()
    if weekday != "?":
        day = "*"
        number, mark, rest = weekday.partition("#")
        if mark:
            weekday = f"{int(number) - 1}#{rest}"
        elif weekday.endswith("L"):
            weekday = f"{int(weekday[:-1]) - 1}L"
        elif weekday != "*":
            weekday = ",".join(str(one - 1) for one in _cron(text).days.days)
    else:
        weekday = "*"
    return f"{minutes} {hours} {day} {month} {weekday}"


@given(_crons(wraps=False), instants)
@settings(max_examples=150, deadline=None)
def test_cronsim_agrees(text: str, instant: datetime) -> None:
    cronsim = pytest.importorskip("cronsim")
    assume(not re.search(r"[0-9]W", text))
    cron = _cron(text)
    naive = instant.replace(tzinfo=None, microsecond=0)
    theirs = [moment.replace(tzinfo=UTC) for moment in itertools.islice(cronsim.CronSim(_unix(text), naive), 10)]
    assert list(itertools.islice(cron.iterate(instant), 10)) == theirs


@given(_crons(wraps=False), instants)
@settings(max_examples=100, deadline=None)
def test_croniter_agrees(text: str, instant: datetime) -> None:
    croniter = pytest.importorskip("croniter")
    # It moves `31W` to the end of a shorter month.
    assume(not re.search(r"LW|[0-9]L|(29|3[01])W", text))
    cron = _cron(text)
    ours = list(itertools.islice(cron.iterate(instant), 10))
    assume(ours and ours[-1].year < instant.year + 40)
    their = croniter.croniter(_unix(text), instant.replace(microsecond=0), max_years_between_matches=60)
    assert ours == [their.get_next(datetime) for _ in ours]


def test_fires_do_not_run_out() -> None:
    for text in ("cron(* * * * ? *)", "cron(0/15 8-17 ? * MON-FRI *)", "rate(1 minute)"):
        assert sum(1 for _ in itertools.islice(parse(text, "America/New_York").iterate(NOW), 100_000)) == 100_000
