"""falls.py - the fall kernel on people who fell, and did everything else (SisFall, 50 Hz).

All trials of the data in one stream of three columns through `carewatch score --detector
fall`, two minutes apart. A trial with a fall must have an alarm, the others none.
"""
import bisect
import json
import os
import subprocess
import tempfile
from collections import Counter

import events

GAP = 130.0


def write_trials(folder, truth, file):
    """All trials one behind the other; gives where each begins."""
    begins, at = [], 1000.0
    file.write("timestamp,ax,ay,az\n")
    for name in sorted(truth):
        begins.append(at)
        with open(os.path.join(folder, name)) as trial:
            next(trial)
            for i, line in enumerate(trial):
                file.write("%.3f,%s" % (at + i / truth[name]["rate_hz"], line))
        at += truth[name]["duration_s"] + GAP
    return begins


def alarms_of(build, folder, truth, settings):
    """How many alarms each trial had."""
    names, told = sorted(truth), Counter()
    with tempfile.TemporaryFile("w+") as trials, tempfile.TemporaryFile("w+") as scores:
        begins = write_trials(folder, truth, trials)
        trials.seek(0)
        command = [os.path.join(build, "carewatch"), "score", "--detector", "fall"]
        for setting in settings:
            command += ["--set", setting]
        subprocess.run(command, stdin=trials, stdout=scores, check=True)
        scores.seek(0)
        next(scores)
        for line in scores:
            if float(line.rsplit(",", 1)[1]) > 0:
                time = float(line.split(",", 1)[0])
                told[names[bisect.bisect_right(begins, time) - 1]] += 1
    return told


def row(name, trials, truth, told):
    falls = [t for t in trials if truth[t]["events"]]
    others = [t for t in trials if not truth[t]["events"]]
    found = sum(told[t] > 0 for t in falls)
    false = sum(told[t] for t in others)
    hours = sum(truth[t]["duration_s"] for t in others) / 3600
    recall = events.share(found, len(falls))
    precision = events.share(found, found + false) if falls else None
    f1 = 2 * recall * precision / (recall + precision) if recall and precision else None
    low, high = events.wilson(found, len(falls))
    return "| %s | %d | %s | %s | %s | %s | %d in %.1f h |" % (
        name, len(falls), *("%.3f" % value if value is not None else "-"
                            for value in (recall, precision, f1)),
        "%.2f-%.2f" % (low, high) if falls else "-", false, hours)


def table(build, anomaly, settings=()):
    folder = os.path.join(anomaly, "sisfall")
    with open(os.path.join(folder, "truth.json")) as file:
        truth = json.load(file)
    told = alarms_of(build, folder, truth, settings)
    rows = ["| people | falls | recall | precision | F1 | 95 % of recall | false alarms |",
            "|---|---|---|---|---|---|---|"]
    people = sorted({name.split("/")[0] for name in truth})
    old = [name for name in truth if name.startswith("SE")]
    rows.append(row("all %d" % len(people), list(truth), truth, told))
    rows.append(row("the old alone", old, truth, told))
    worst = min((row_f1(person, truth, told), person) for person in people
                if not person.startswith("SE"))[1]
    rows.append(row("worst one", [t for t in truth if t.startswith(worst)], truth, told))
    return "\n".join(rows)


def row_f1(person, truth, told):
    trials = [t for t in truth if t.startswith(person + "/")]
    found = sum(told[t] > 0 for t in trials if truth[t]["events"])
    missed = sum(told[t] == 0 for t in trials if truth[t]["events"])
    false = sum(told[t] for t in trials if not truth[t]["events"])
    return 2 * found / (2 * found + missed + false)


def missing(anomaly):
    path = os.path.join(anomaly, "sisfall", "truth.json")
    return None if os.path.exists(path) else "%s is absent" % os.path.normpath(path)
