"""facility.py - a simulated facility through the real engine, scored against its truth.

    carewatch sim --facility ... | carewatch replay -c conf/facility.conf -o json -

Also as a program:  facility.py --build DIR [--seed N]... [--beds N] [--days N] [--conf FILE]
                    [--incidents none] [--json] [--list]
prints the table; --list every miss and false alarm, --alarms FILE the alarms as CSV.
"""
import argparse
import concurrent.futures
import csv
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime

import events

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CONF = os.path.join(ROOT, "conf", "facility.conf")


def seconds_of(text, start_ms):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - start_ms / 1000


def bed_of(alarm):
    """The bed an alarm is about: named, or that of the resident r-WARD-BED."""
    if alarm.get("bed"):
        return alarm["bed"]
    parts = alarm.get("resident", "").split("-")
    if len(parts) == 3 and parts[0] == "r":
        return "%s-%02d" % (parts[1], int(parts[2]))
    return None


def stream_of(alarm, truth):
    bed = bed_of(alarm)
    name = "%s/%s" % (alarm["site"], bed) if bed else alarm["site"]
    return name if name in truth else None


def told(lines, truth):
    """What a person heard: raised or repeated, or first heard when it was held back no longer;
    not historical, not held back by an outage, an explanation or maintenance."""
    heard = set()
    start_ms = next(s["start_ms"] for s in truth.values() if "start_ms" in s)
    for line in lines:
        step = json.loads(line)
        alarm = step["alarm"]
        if step["change"] not in ("raised", "repeated", "unsuppressed"):
            continue
        if alarm.get("historical") or alarm["state"] in ("suppressed", "out_of_service"):
            continue
        if step["change"] == "unsuppressed" and (
                alarm["id"] in heard or alarm["state"] == "closed"):
            continue
        heard.add(alarm["id"])
        stream = stream_of(alarm, truth)
        if stream is None:
            raise ValueError("an alarm of nobody here: " + line)
        at = seconds_of(step["at"], start_ms)
        yield stream, min(at, truth[stream]["duration_s"]), alarm["kind"]


def run(build, seed, beds, days, conf=CONF, options=()):
    """(truth, alarms) of one run."""
    program = os.path.join(build, "carewatch")
    with tempfile.TemporaryDirectory() as folder:
        truth_file = os.path.join(folder, "truth.json")
        lines_file = os.path.join(folder, "alarms.ndjson")
        sim = subprocess.Popen(
            [program, "sim", "--facility", "-o", "ndjson", "--seed", str(seed), "--beds",
             str(beds), "--for", "%dh" % (24 * days), "--truth", truth_file, *options],
            stdout=subprocess.PIPE)
        with open(lines_file, "wb") as lines:
            replay = subprocess.run([program, "replay", "-c", conf, "-o", "json", "-"],
                                    stdin=sim.stdout, stdout=lines)
        sim.stdout.close()
        if sim.wait() or replay.returncode:
            raise RuntimeError("sim ended with %s, replay with %s" %
                               (sim.returncode, replay.returncode))
        with open(truth_file) as file:
            truth = json.load(file)
        with open(lines_file) as lines:
            return truth, list(told(lines, truth))


def run_all(build, seeds, beds, days, conf=CONF, options=()):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(run, build, seed, beds, days, conf, options) for seed in seeds]
        return events.add_up([job.result() for job in jobs])


# ---- the table ----

def number(value, form="%.2f"):
    return "-" if value is None else form % value


def span(pair, form="%.2f"):
    return "%s-%s" % (number(pair[0], form), number(pair[1], form))


def kind_rows(result):
    for name, kind in sorted(result["kinds"].items(),
                             key=lambda item: (not item[1]["critical"], item[0])):
        yield "| %s | %s | %d | %s | %s | %s | %s | %s | %d |" % (
            name, "yes" if kind["critical"] else "", kind["events"],
            number(events.share(kind["found"], kind["events"])),
            span(events.wilson(kind["found"], kind["events"])) if kind["events"] else "-",
            number(events.quantile(kind["delays"], 0.5), "%.0f"),
            number(events.quantile(kind["late"], 0.9), "%.0f"),
            number(events.quantile(kind["late"], 1), "%.0f"), kind["false"])


def decoy_rows(result):
    for (near, name), (n, n_told) in sorted(result["decoys"].items()):
        yield "| %s | %s | %d | %d |" % (near, name, n, n_told)


def found_rows(result):
    yield "| recall, critical | %s | %s | >= 0.95 |" % (
        number(result["recall_critical"]), span(result["recall_critical_interval"]))
    yield "| recall, other | %s | %s | >= 0.85 |" % (
        number(result["recall_other"]), span(result["recall_other_interval"]))
    yield "| precision | %s | %s | >= 0.80 |" % (
        number(result["precision"]), span(result["precision_interval"]))


def total_rows(result, loose):
    load = result["load"]
    if result["events"]:
        yield from found_rows(result)
    yield "| false alarms a bed-day | %s | %s | < 0.2 |" % (
        number(result["false_per_bed_day"], "%.3f"), span(result["false_interval"], "%.3f"))
    yield "| false falls a bed-day | %s | | < 0.025 |" % number(
        result["false_falls_per_bed_day"], "%.4f")
    yield "| duplicates an event | %s | | <= 0.3 |" % number(result["duplicates_per_event"])
    yield "| alarms per operator in 10 min: mean, 95 %%, most | %s, %s, %s | | <= 1 |" % (
        number(load["mean"]), number(load["p95"], "%.0f"), number(load["most"], "%.0f"))
    yield "| time in a flood (more than 10 in 10 min) | %s | | < 0.01 |" % number(
        load["flood"], "%.4f")
    if not result["events"]:
        return
    yield "| recall, critical and other, of whatever kind the alarm is | %s, %s | | |" % (
        number(loose["recall_critical"]), number(loose["recall_other"]))
    yield "| precision, of whatever kind | %s | %s | |" % (
        number(loose["precision"]), span(loose["precision_interval"]))


def tables(truth, alarms, operators=1):
    result = events.score(truth, alarms, by_kind=True, operators=operators)
    loose = events.score(truth, alarms, operators=operators)
    lines = ["| what | figure | 95 % | asked |", "|---|---|---|---|", *total_rows(result, loose)]
    if result["events"]:
        lines += ["", "| incident | critical | events | recall | 95 % | delay s, half |"
                  " behind first evidence s, 90 % | most | false |",
                  "|---|---|---|---|---|---|---|---|---|", *kind_rows(result)]
        lines += ["", "| near to | decoy | how many | told |", "|---|---|---|---|",
                  *decoy_rows(result)]
    return result, "\n".join(lines)


def list_all(truth, alarms):
    """Each miss, each false alarm, for whoever mends a rule."""
    by_stream = {}
    for name, time, kind in alarms:
        by_stream.setdefault(name, []).append((time, kind))
    for name, stream in truth.items():
        scored = events.Stream(stream, by_stream.get(name, []), True)
        for event, found in zip(scored.events, scored.found):
            if found is None:
                near = [a for a in by_stream.get(name, [])
                        if event["t0"] - 600 <= a[0] <= event["t1"] + 3600]
                print("missed", name, event, near[:4])
        for time, kind in scored.false:
            during = [e["kind"] for e in stream["events"] + stream.get("decoys", [])
                      if e["t0"] - 3600 <= time <= e["t1"] + 3600]
            print("false", name, "%.0f" % time, kind, during)
        for time, kind in scored.duplicates:
            during = [e["kind"] for e in stream["events"] if e["t0"] <= time <= e["t1"]]
            print("again", name, "%.0f" % time, kind, during)


def read_kept(path):
    with open(path + ".json") as file:
        truth = json.load(file)
    with open(path, newline="") as file:
        return truth, [(row["stream"], float(row["t_s"]), row["kind"])
                       for row in csv.DictReader(file)]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--beds", type=int, default=60)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--conf", default=CONF)
    parser.add_argument("--incidents", default="all")
    parser.add_argument("--operators", type=float, default=1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--alarms", help="write them here as CSV, the truth beside as .json")
    parser.add_argument("--from", dest="kept", help="score what --alarms wrote")
    args = parser.parse_args()
    if args.kept:
        truth, alarms = read_kept(args.kept)
    else:
        truth, alarms = run_all(args.build, args.seed or [1], args.beds, args.days, args.conf,
                                ("--incidents", args.incidents))
    if args.alarms:
        with open(args.alarms, "w", newline="") as file:
            csv.writer(file).writerows([("stream", "t_s", "kind"), *alarms])
        with open(args.alarms + ".json", "w") as file:
            json.dump(truth, file)
    if args.list:
        list_all(truth, alarms)
    print(tables(truth, alarms, args.operators)[1])


if __name__ == "__main__":
    sys.exit(main())
