"""bed.py - bed exits of people of 66-86 years who wear a tag (UCI 427: 43 trials, two rooms).

Each trial is a device that reports to one of two sites, through `carewatch replay` with a
rule for each: what differs between the rooms is which antenna hears whom. The trials lie an
hour apart. An exit must be told between the last reading in bed (t0) and ten seconds after
the first one out of it (t1, as the data's truth.json has it); what would be told after the
end of a recording does not count, as nothing is known of it.
"""
import csv
import json
import os
import subprocess
import tempfile
from datetime import datetime

import events

START = 1767571200  # 2026-01-05T00:00:00Z
APART = 3600
COLUMNS = ("acc_frontal_g", "acc_vertical_g", "acc_lateral_g", "antenna", "rssi")
ROOMS = {"S1": {"away": ["2", "1>-54", "4>-53"], "edge": []},
         "S2": {"away": ["1>-63"], "edge": ["1"]}}
RULE = """  {{ name = "bed-exit-{site}"; detector = "bed_exit"; site = "{site}"; unit = "g";
    front = "acc_frontal_g"; up = "acc_vertical_g"; side = "acc_lateral_g";
    {antennas} {more}
    priority = "medium"; category = "safety"; risk = "bed_fall";
    text = {{ zh = "离床"; en = "Out of bed"; }};
    action = {{ zh = "请到床边查看"; en = "See the person at the bed"; }}; }}"""


def site_of(name):
    return "room-" + name.split("/")[0].lower()


def write_rules(path, settings, by_antenna):
    rules = []
    for room, antennas in ROOMS.items():
        words = ['antenna = "antenna"; rssi = "rssi";'] if by_antenna else []
        words += ["%s = [ %s ];" % (key, ", ".join('"%s"' % one for one in values))
                  for key, values in antennas.items() if values and by_antenna]
        rules.append(RULE.format(site=site_of(room), antennas=" ".join(words),
                                 more=" ".join(settings)))
    with open(path, "w") as file:
        file.write('registry: { unknown_sites = "register"; };\nrules = (\n%s\n);\n' %
                   ",\n".join(rules))


def write_trials(folder, names, file):
    for i, name in enumerate(names):
        topic = "care/v1/%s/%s/telemetry" % (site_of(name), os.path.basename(name)[:-4])
        with open(os.path.join(folder, name), newline="") as trial:
            for row in csv.DictReader(trial):
                ms = round((START + i * APART + float(row["t_s"])) * 1000)
                values = {column: float(row[column]) for column in COLUMNS}
                file.write(json.dumps({"ns": ms * 1000000, "topic": topic,
                                       "payload": {"ts": ms, **values}, "qos": 1}) + "\n")


def alarms_of(build, folder, truth, settings=(), by_antenna=True):
    """[(trial, seconds, kind)] of what was told within a recording."""
    names, told = sorted(truth), []
    place = {os.path.basename(name)[:-4]: i for i, name in enumerate(names)}
    with tempfile.TemporaryDirectory() as work:
        conf, capture = os.path.join(work, "bed.conf"), os.path.join(work, "bed.ndjson")
        write_rules(conf, settings, by_antenna)
        with open(capture, "w") as file:
            write_trials(folder, names, file)
        lines = subprocess.run([os.path.join(build, "carewatch"), "replay", "-c", conf,
                                "-o", "json", capture], stdout=subprocess.PIPE, check=True,
                               text=True).stdout
    for line in lines.splitlines():
        step = json.loads(line)
        if step["change"] not in ("raised", "repeated") or \
                not step["alarm"]["rule"].startswith("bed-exit"):
            continue
        i = place[step["alarm"]["device"]]
        at = datetime.fromisoformat(step["at"].replace("Z", "+00:00")).timestamp()
        seconds = at - START - i * APART
        if seconds <= truth[names[i]]["duration_s"]:
            told.append((names[i], seconds, "bed_exit"))
    return told


def f1_of(found, false, missed):
    return 2 * found / (2 * found + false + missed) if found else 0.0


def row(name, truth, alarms):
    result = events.score(truth, [alarm for alarm in alarms if alarm[0] in truth])
    n, found, false = result["events"], result["found"], result["false"]
    trials = [events.Stream(truth[one], [a[1:] for a in alarms if a[0] == one], False)
              for one in sorted(truth)]
    counts = [(sum(t is not None for t in trial.found), len(trial.false),
               sum(t is None for t in trial.found)) for trial in trials]
    low, high = events.bootstrap(counts, lambda c: f1_of(*c))
    delays = [d for kind in result["kinds"].values() for d in kind["delays"]]
    hours = sum(trial["duration_s"] for trial in truth.values()) / 3600
    return "| %s | %d | %.3f | %.3f | %.3f | %.2f-%.2f | %d in %.1f h | %.1f |" % (
        name, n, result["recall"] or 0, result["precision"] or 0,
        f1_of(found, false, n - found), low, high, false, hours,
        events.quantile(delays, 0.5) or 0)


def every(seconds, truth):
    """What somebody would score who tells an exit all the time, whatever the person does:
    false alarms that follow each other within a minute are one."""
    return [(name, float(at), "bed_exit") for name, trial in truth.items()
            for at in range(0, int(trial["duration_s"]) + 1, seconds)]


def sooner(seconds, truth):
    """The same exits with so much less time for each."""
    return {name: {**trial, "events": [{**exit, "t1": exit["t1"] - seconds}
                                       for exit in trial["events"]]}
            for name, trial in truth.items()}


def truth_of(anomaly):
    with open(os.path.join(anomaly, "bed", "truth.json")) as file:
        return json.load(file)


def table(build, anomaly, settings=()):
    truth = truth_of(anomaly)
    alarms = alarms_of(build, os.path.join(anomaly, "bed"), truth, settings)
    rows = ["| trials | exits | recall | precision | F1 | 95 % of F1 | false alarms |"
            " delay s, half |", "|---|---|---|---|---|---|---|---|"]
    rows.append(row("all %d" % len(truth), truth, alarms))
    for room in sorted(ROOMS):
        chosen = {name: trial for name, trial in truth.items() if name.startswith(room)}
        rows.append(row("room %s" % room, chosen, alarms))
    rows.append(row("all, 5 s less time for each", sooner(5, truth), alarms))
    rows.append(row("all, without antennas", truth,
                    alarms_of(build, os.path.join(anomaly, "bed"), truth, settings, False)))
    rows.append(row("an alarm every second", truth, every(1, truth)))
    return "\n".join(rows)


def missing(anomaly):
    path = os.path.join(anomaly, "bed", "truth.json")
    return None if os.path.exists(path) else "%s is absent" % os.path.normpath(path)
