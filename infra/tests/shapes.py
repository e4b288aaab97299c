"""What AWS might have measured of an endpoint in 63 days, in six shapes, and what estimate.sh must make of it: by intervals,
and not as crates/estimate does it, which replays every five minutes.

  shapes.py values SHAPE NOW            the metric's values, {time: connections}
  shapes.py differs SHAPE NOW <REPORT   what of the report of two subnets in us-east-1 is something else
"""
import json, math, random, sys
from datetime import datetime, timezone

FIVE, DAY, DAYS = 300, 86400, 63


def text(at):
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def people(shape, luck, at):
    """How many are connected in these five minutes; None: nothing was measured."""
    day, hour, weekend = at // DAY, at % DAY / 3600, datetime.fromtimestamp(at, timezone.utc).weekday() > 4
    today = random.Random(day)
    comes, goes = today.uniform(7.5, 9), today.uniform(16, 19)
    office = today.randint(2, 20) if comes <= hour < goes and not weekend and not 12 <= hour < 12 + today.random() * 1.5 else 0
    if shape == "night":
        return 3 if hour >= 22 or hour < 5.25 else 0
    if shape == "sparse":
        return 1 if today.random() < 0.2 and 10 <= hour < 10.1 or luck.random() < 0.002 else 0
    if shape == "gaps":
        return None if random.Random(at // 3600).random() < 0.25 or weekend else office
    return {"office": office, "never": 0, "always": 2}[shape]


def measured(shape, now):
    """Of every five minutes: two values, the second less, or none."""
    luck = random.Random(7)
    until = now - now % FIVE
    every = ((at, people(shape, luck, at)) for at in range(until - DAYS * DAY, until, FIVE))
    return until, {at: (n, max(0, n - 1)) for at, n in every if n is not None}


def expected(shape, now):
    until, seen = measured(shape, now)
    used = [at for at, (most, _) in sorted(seen.items()) if most > 0]
    times = []
    for at in used:
        # Half an hour after the last left it goes; whoever comes until then finds it on. AWS takes five minutes for it.
        if times and at - times[-1][1] <= 30 * 60:
            times[-1][1] = at + FIVE
        else:
            times.append([at, at + FIVE])
    lengths = [min(end + 35 * 60, until) - begin for begin, end in times]
    on, begun = sum(lengths) / 3600, sum(math.ceil(length / 3600) for length in lengths)
    connections = sum(sum(two) / 2 for two in seen.values()) / 12
    # Two subnets at $0.10 and their public addresses at $0.005; a load balancer of $0.0225 with two addresses, and $1 of metrics a month.
    always, standing = DAYS * 24 * 0.21, DAYS * 24 * (0.0325 + 1.1 / 730)
    usd = lambda hours: hours * 0.21 + standing
    return {
        "hours": DAYS * 24, "hours_used": len(used) / 12, "hours_without_data": DAYS * 24 - len(seen) / 12,
        "hours_on.from": on, "hours_on.to": begun, "share_on": on / DAYS / 24, "connection_hours": connections,
        "turn_ons": len(times), "first_of_the_day": len({begin // DAY for begin, _ in times}),
        "usd_connections": connections * 0.05, "usd_standing": standing, "usd_paid": always + connections * 0.05,
        "usd_would_have_paid.from": usd(on) + connections * 0.05, "usd_would_have_paid.to": usd(begun) + connections * 0.05,
        "usd_saved.from": always - usd(begun), "usd_saved.to": always - usd(on), "break_even_hours_a_month": 730 - 24.825 / 0.21,
        "hours_on_a_month.from": on / DAYS / 24 * 730, "hours_on_a_month.to": begun / DAYS / 24 * 730,
    }


if __name__ == "__main__":
    what, shape, time = sys.argv[1:]
    now = int(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp())
    if what == "values":
        _, seen = measured(shape, now)
        print(json.dumps({text(at + 120 * place): value for at, two in seen.items() for place, value in enumerate(two)}))
    else:
        report = json.load(sys.stdin)
        for name, value in expected(shape, now).items():
            told = report
            for part in name.split("."):
                told = told[part]
            if abs(told - value) > (0.0001 if name == "share_on" else 0.0051):
                print(f"{name}: {told}, not {value}")
        if abs(sum(day["hours_on"] for day in report["days"]) - report["hours_on"]["from"]) > 0.0051 or sum(day["turn_ons"] for day in report["days"]) != report["turn_ons"]:
            print("the days are not the whole")
