"""What a pipeline costs, for people (text, a table in Markdown) and programs (json)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sfn_dsl.costs.jobs import Job
from sfn_dsl.costs.system import Part, RegionCost, SystemCost
from sfn_dsl.simulate.prices import AS_OF, SOURCE

__all__ = ["cost_json", "cost_table", "cost_text", "seconds_text"]

_FREE = "Free tier (4,000 Standard transitions a month and account) not subtracted."


def cost_text(cost: SystemCost) -> str:
    """Lines for a terminal, without a final newline."""
    lines = [f"{cost.pipeline} ({cost.type})", ""]
    lines += [f"  {line}" for line in _times(cost)]
    for region in cost.regions:
        lines += ["", f"  {_place(region)}: {region.price}"]
        lines += [f"    {_part_line(part)}" for part in region.parts]
        lines.append(f"    orchestration: {_dollars(region.monthly)} a month")
        lines += [f"    {job.service}: {_calls(job)}, {_job_price(job)}" for job in region.jobs]
        if region.jobs:
            monthly = region.jobs_monthly
            lines.append(f"    jobs: {'not priced' if monthly is None else f'{_dollars(monthly)} a month'}")
    return "\n".join([*lines, "", f"  {_sources()}"])


def cost_table(cost: SystemCost) -> str:
    """Sentences and tables in Markdown, without a final newline."""
    lines = [f"- {line}" for line in _times(cost)]
    head = "| Region | what | machine | a month | transitions | requests | GB-s | price of one | price a month |"
    lines += ["", head, "|---|---|---|--:|--:|--:|--:|--:|--:|"]
    for region in cost.regions:
        for part in region.parts:
            cells = [_place(region), part.what, f"`{part.machine}`", f"{part.a_month:,.10g}", str(part.transitions)]
            cells += [str(part.requests), f"{part.gigabyte_seconds:g}", _dollars(part.dollars), _dollars(part.monthly)]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append(f"| {_place(region)} | orchestration | | | | | | | {_dollars(region.monthly)} |")
    jobs = [(region, job) for region in cost.regions for job in region.jobs]
    lines += ["", "| Region | service | of one run | price of one run |", "|---|---|---|--:|"]
    lines += [f"| {_place(region)} | {job.service} | {_calls(job)} | {_job_price(job, '`')} |" for region, job in jobs]
    prices = "; ".join(f"{region.region}: {region.price}" for region in cost.regions)
    return "\n".join([*lines, "", f"{prices}. {_sources()}"])


def cost_json(cost: SystemCost) -> str:
    """One JSON object; figures are numbers, times seconds, prices US dollars."""
    worst = cost.worst
    value = {
        "pipeline": cost.pipeline,
        "type": cost.type,
        "runs_per_month": cost.runs,
        "runs_from": cost.runs_from,
        "expected_seconds": cost.seconds,
        "assumed_durations": list(cost.assumed),
        "worst": {
            "seconds": worst.seconds,
            "way": worst.way,
            "capped": worst.capped,
            "unbounded": list(worst.unbounded),
            "one_round": list(worst.repeated),
        },
        "prices": {"as_of": AS_OF, "source": SOURCE, "free_tier": "not subtracted"},
        "targets": [_region_json(region) for region in cost.regions],
    }
    return json.dumps(value, indent=2)


def _region_json(region: RegionCost) -> dict[str, object]:
    return {
        "environment": region.environment,
        "region": region.region,
        "role": region.role,
        "parts": [
            {
                "what": part.what,
                "machine": part.machine,
                "per_month": part.a_month,
                "transitions": part.transitions,
                "requests": part.requests,
                "gigabyte_seconds": part.gigabyte_seconds,
                "dollars": part.dollars,
                "dollars_per_month": part.monthly,
            }
            for part in region.parts
        ],
        "dollars_per_month": region.monthly,
        "jobs": [
            {"service": job.service, "calls": job.calls, "seconds": job.seconds, "dollars": job.dollars, "missing": job.missing}
            for job in region.jobs
        ],
        "jobs_dollars_per_month": region.jobs_monthly,
    }


def _times(cost: SystemCost) -> Iterator[str]:
    worst = cost.worst
    yield f"runs: {cost.runs:,.10g} a month, {cost.runs_from}"
    assumed = f"; assumed by the simulator: {', '.join(cost.assumed)}" if cost.assumed else ""
    yield f"expected: {seconds_text(cost.seconds)}{assumed}"
    way = "no bound" if worst.way is None else seconds_text(worst.way)
    why = f" (the machine's own time-out; time-outs and retries on the longest way: {way})"
    why = why if worst.capped else " (time-outs and retries on the longest way)"
    yield f"at worst: {'nothing bounds it' if worst.seconds is None else seconds_text(worst.seconds) + why}"
    if worst.unbounded:
        yield f"without a bound of their own: {', '.join(worst.unbounded)}"
    if worst.repeated:
        yield f"of these one round of items is counted: {', '.join(worst.repeated)}"


def _place(region: RegionCost) -> str:
    environment = f"{region.environment} " if region.environment else ""
    return f"{environment}{region.region} ({region.role})"


def _part_line(part: Part) -> str:
    billed = [f"{part.transitions} transitions"]
    if part.requests:
        billed += [f"{part.requests} request{'' if part.requests == 1 else 's'}", f"{part.gigabyte_seconds:g} GB-s"]
    often = f"{part.a_month:,.10g} a month: {_dollars(part.monthly)}"
    return f"{part.what} of {part.machine}: {', '.join(billed)}, {_dollars(part.dollars)} each, {often}"


def _calls(job: Job) -> str:
    return f"{job.calls} call{'' if job.calls == 1 else 's'}, {seconds_text(job.seconds)}"


def _job_price(job: Job, quote: str = "") -> str:
    missing = ", ".join(f"{quote}{key}{quote}" for key in job.missing)
    return f"not priced ({missing})" if job.dollars is None else _dollars(job.dollars)


def _sources() -> str:
    return f"Prices of {AS_OF}, {SOURCE}. {_FREE}"


def _dollars(amount: float) -> str:
    """Cents where they say enough, else more digits."""
    return f"${amount:,.2f}" if amount >= 100 or amount == 0 else f"${amount:.6f}".rstrip("0").ljust(5, "0")


def seconds_text(seconds: float) -> str:
    """`12.4 s`, `2 min 2 s`, `8 h`."""
    if seconds < 60:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    parts = ((whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
