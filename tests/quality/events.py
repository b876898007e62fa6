"""events.py - alarms against what happened: recall, precision, delay, false alarms a bed-day.

The truth is what `carewatch sim --facility --truth` writes: streams (a bed, a ward), each with
events [t0, t1], quiet spans and decoys. An alarm belongs to the first event of its stream
that it lies in and that nobody has told yet; to one that is told already it is a duplicate.
Within a quiet span it is nothing, else it is false; false ones that follow each other within
a minute are one. An alarm of a decoy's stream while the decoy lasts is counted beside, of a
ward's decoy also a false one of a bed there.

Intervals: Wilson's for shares; for what is counted per bed-day a bootstrap over bed-days.
Standard library only.
"""
import math
import random
from collections import defaultdict

DAY = 86400.0
MERGE = 60.0
SLOT = 600.0
FLOOD = 10


def wilson(hits, n, z=1.96):
    """95 % of a share."""
    if n == 0:
        return 0.0, 1.0
    share, zz = hits / n, z * z
    middle = (share + zz / (2 * n)) / (1 + zz / n)
    half = z * math.sqrt(share * (1 - share) / n + zz / (4 * n * n)) / (1 + zz / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def quantile(values, share):
    """Linear between neighbours; None of nothing."""
    if not values:
        return None
    values = sorted(values)
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


class Stream:
    """One bed or ward: which of its alarms are hits, duplicates, quiet or false."""

    def __init__(self, truth, alarms, by_kind):
        self.events = sorted(truth["events"], key=lambda event: event["t0"])
        self.quiet = truth.get("quiet", [])
        self.found = [None] * len(self.events)
        self.found_kind = [None] * len(self.events)
        self.false, self.duplicates, self.ignored = [], [], 0
        self.by_kind = by_kind
        self.last_false = {}
        for time, kind in sorted(alarms):
            self.take(time, kind)

    def take(self, time, kind):
        matching = [i for i, event in enumerate(self.events)
                    if event["t0"] <= time <= event["t1"]
                    and (not self.by_kind or event["kind"] == kind)]
        for i in matching:
            if self.found[i] is None:
                self.found[i], self.found_kind[i] = time, kind
                return
        if matching:
            self.duplicates.append((time, kind))
        elif any(begin <= time <= end for begin, end in self.quiet):
            self.ignored += 1
        else:
            self.take_false(time, kind)

    def take_false(self, time, kind):
        key = kind if self.by_kind else ""
        last = self.last_false.get(key)
        if last is None or time - last > MERGE:
            self.false.append((time, kind))
        self.last_false[key] = time


def load_of(alarms, span, operators):
    """Alarms per operator in ten minutes: mean, 95 %, most, share of the time in a flood."""
    slots = [0.0] * (int(span // SLOT) + 1)
    for _, time, _ in alarms:
        slots[int(time // SLOT)] += 1.0 / operators
    return {"mean": sum(slots) / len(slots), "p95": quantile(slots, 0.95), "most": max(slots),
            "flood": sum(slot > FLOOD for slot in slots) / len(slots)}


def bootstrap(days, value, rounds=1000):
    """95 % of value(sum of the days drawn): days are tuples of counts."""
    chooser, values = random.Random(1), []
    for _ in range(rounds):
        drawn = [chooser.choice(days) for _ in days]
        result = value([sum(column) for column in zip(*drawn)])
        if result is not None:
            values.append(result)
    return (quantile(values, 0.025), quantile(values, 0.975)) if values else (None, None)


def share(part, whole):
    return part / whole if whole else None


def decoys_told(truth, alarms, streams):
    """Of each decoy: how many there were, and in how many an alarm of its incident was told:
    in its stream, or falsely in a bed of its ward ("w/1" of "w")."""
    told = defaultdict(lambda: [0, 0])
    by_stream = defaultdict(list)
    for name, time, kind in alarms:
        by_stream[name].append((time, kind))
    for name, stream in streams.items():
        ward, slash, _ = name.rpartition("/")
        if slash:
            by_stream[ward] += stream.false
    for name, stream in truth.items():
        for decoy in stream.get("decoys", []):
            count = told[decoy["near"], decoy["kind"]]
            count[0] += 1
            count[1] += any(decoy["t0"] <= time <= decoy["t1"] and kind == decoy["near"]
                            for time, kind in by_stream[name])
    return {key: tuple(value) for key, value in told.items()}


def count_days(truth, streams):
    """Bed-days as (found, false, events): blocks of the bootstrap."""
    days = defaultdict(lambda: [0, 0, 0])
    for name, stream in streams.items():
        for day in range(int(math.ceil(truth[name]["duration_s"] / DAY))):
            days[name, day] = [0, 0, 0]
        for event, found in zip(stream.events, stream.found):
            day = days[name, int(event["t0"] // DAY)]
            day[0] += found is not None
            day[2] += 1
        for time, _ in stream.false:
            days[name, int(time // DAY)][1] += 1
    return [tuple(day) for day in days.values()]


def per_kind(streams):
    kinds = defaultdict(lambda: {"events": 0, "found": 0, "critical": False, "delays": [],
                                 "late": [], "false": 0, "right": 0})
    for stream in streams.values():
        for event, found, told in zip(stream.events, stream.found, stream.found_kind):
            kind = kinds[event["kind"]]
            kind["events"] += 1
            kind["critical"] = bool(event.get("critical"))
            if found is None:
                continue
            kind["found"] += 1
            kind["right"] += told == event["kind"]
            kind["delays"].append(found - event["t0"])
            kind["late"].append(found - event.get("t_detectable", event["t0"]))
        for _, told in stream.false:
            kinds[told]["false"] += 1
    return kinds


def score(truth, alarms, by_kind=False, operators=1):
    """truth: as the simulator writes it; alarms: [(stream, seconds, kind)]."""
    by_stream = defaultdict(list)
    for name, time, kind in alarms:
        if name not in truth:
            raise ValueError("an alarm of an unknown stream: " + name)
        by_stream[name].append((time, kind))
    streams = {name: Stream(stream, by_stream[name], by_kind)
               for name, stream in truth.items()}
    bed_days = sum(stream["duration_s"] / DAY * stream.get("beds", 1)
                   for stream in truth.values())
    kinds = per_kind(streams)
    events = sum(kind["events"] for kind in kinds.values())
    found = sum(kind["found"] for kind in kinds.values())
    false = sum(len(stream.false) for stream in streams.values())
    duplicates = sum(len(stream.duplicates) for stream in streams.values())
    days = count_days(truth, streams)
    result = {
        "events": events, "found": found, "false": false, "duplicates": duplicates,
        "ignored": sum(stream.ignored for stream in streams.values()), "bed_days": bed_days,
        "alarms": len(alarms),
        "recall": share(found, events), "precision": share(found, found + false),
        "false_per_bed_day": false / bed_days if bed_days else None,
        "false_falls_per_bed_day": sum(kinds[kind]["false"] for kind in ("fall", "fall_room")
                                       if kind in kinds) / bed_days if bed_days else None,
        "duplicates_per_event": share(duplicates, found),
        "load": load_of(alarms, max(s["duration_s"] for s in truth.values()), operators),
        "kinds": kinds, "decoys": decoys_told(truth, alarms, streams),
        "precision_interval": bootstrap(days, lambda c: share(c[0], c[0] + c[1])),
        "false_interval": bootstrap(
            days, lambda c: c[1] / bed_days if bed_days else None),
    }
    for name, wanted in (("critical", True), ("other", False)):
        chosen = [kind for kind in kinds.values()
                  if kind["events"] and kind["critical"] == wanted]
        hits, n = sum(k["found"] for k in chosen), sum(k["events"] for k in chosen)
        result["recall_" + name] = share(hits, n)
        result["recall_%s_interval" % name] = wilson(hits, n)
    return result


def add_up(results):
    """Several runs as one: (truths and alarms are put side by side before scoring)."""
    truth, alarms = {}, []
    for i, (one_truth, one_alarms) in enumerate(results):
        for name, stream in one_truth.items():
            truth["%d:%s" % (i, name)] = stream
        alarms += [("%d:%s" % (i, name), time, kind) for name, time, kind in one_alarms]
    return truth, alarms
