"""series.py - how good the default detector is on public labelled series.

Each series goes through `carewatch score`, with one set of options for all of them; the
scorer beside the data judges, by NAB's rules.
"""
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile

SETS = [("NAB", "nab"), ("SMAP/MSL", "smapmsl"), ("SKAB", "skab"), ("ECG and UCR", "ecgucr")]
PROFILES = ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
HEAD = ["| series | files | values | standard | low FP | low FN | 95 % | halves of the files |"
        " windows hit | false alarms per 1000 | threshold |",
        "|---|---|---|---|---|---|---|---|---|---|---|"]


def score_file(build, detector, settings, source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    command = [os.path.join(build, "carewatch"), "score", "--detector", detector]
    for setting in settings:
        command += ["--set", setting]
    with open(source, "rb") as stdin, open(target, "wb") as stdout:
        subprocess.run(command, stdin=stdin, stdout=stdout, check=True)


def score_set(build, anomaly, detector, settings, folder, results):
    """All series of a set through the detector; gives the scorer's numbers."""
    data = os.path.join(anomaly, folder)
    with open(os.path.join(data, "windows.json")) as file:
        names = sorted(json.load(file))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(score_file, build, detector, settings,
                            os.path.join(data, "data", name),
                            os.path.join(results, name)) for name in names]
        for job in jobs:
            job.result()
    numbers = os.path.join(results, "numbers.json")
    subprocess.run([PYTHON, os.path.join(anomaly, "nabscore.py"), "--data",
                    os.path.join(data, "data"), "--windows", os.path.join(data, "windows.json"),
                    "--results", results, "--json", numbers], check=True,
                   stdout=subprocess.DEVNULL)
    with open(numbers) as file:
        return json.load(file)


def interval(standard):
    """95 % of the standard score over the choice of files: bootstrap, threshold kept."""
    files = list(standard["per_file"].values())
    chooser, scores = random.Random(1), []
    for _ in range(2000):
        scores.append(of_files([chooser.choice(files) for _ in files]))
    scores.sort()
    return scores[50], scores[-51]


def of_files(files):
    windows = sum(file["windows"] for file in files)
    raw = sum(file["raw"] for file in files)
    return 100 * (raw + windows) / (2 * windows) if windows else 0


def halves(standard):
    """The standard score over random halves of the files: mean and deviation. How far a
    half that was never seen may lie from it, were it drawn the same way."""
    files, chooser, scores = list(standard["per_file"].values()), random.Random(2), []
    for _ in range(1000):
        chooser.shuffle(files)
        scores.append(of_files(files[:len(files) // 2]))
    mean = sum(scores) / len(scores)
    return mean, (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5


def row(name, numbers):
    standard = numbers["standard"]
    low, high = interval(standard)
    mean, deviation = halves(standard)
    rows = sum(file["rows"] for file in standard["per_file"].values())
    scores = " | ".join("%.1f" % numbers[profile]["score"] for profile in PROFILES)
    return "| %s | %d | %d | %s | %.0f-%.0f | %.0f +- %.0f | %d/%d | %.1f | %.3f |" % (
        name, len(standard["per_file"]), rows, scores, low, high, mean, deviation,
        standard["detected"], standard["windows"], 1000 * standard["fp_events"] / rows,
        standard["threshold"])


def missing(anomaly):
    """Why it cannot run, or None."""
    if not os.path.exists(os.path.join(anomaly, "nabscore.py")):
        return "%s is absent" % os.path.normpath(anomaly)
    if subprocess.run([PYTHON, "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode:
        return "numpy is absent (Debian: python3-numpy)"
    return None


def table(build, anomaly, detector="ensemble", settings=()):
    rows = list(HEAD)
    with tempfile.TemporaryDirectory() as results:
        for name, folder in SETS:
            numbers = score_set(build, anomaly, detector, settings, folder,
                                os.path.join(results, folder))
            rows.append(row(name, numbers))
    return "\n".join(rows)
