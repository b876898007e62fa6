#!/usr/bin/env python3
"""The scorer of events: by hand on small truths, and against the one beside the data, where
that is."""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import events  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OTHER = os.path.join(ROOT, "..", "shared", "data", "anomaly", "evscore.py")
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def bed(*spans, quiet=(), decoys=()):
    return {"duration_s": 86400, "beds": 1, "quiet": list(quiet), "decoys": list(decoys),
            "events": [{"kind": kind, "t0": t0, "t1": t1, "t_detectable": t0, "critical": True}
                       for kind, t0, t1 in spans]}


class ScoreTest(unittest.TestCase):
    def test_each_alarm_is_one_thing(self):
        truth = {"a": bed(("fall", 100, 200), ("fall", 150, 300), quiet=[[400, 500]])}
        alarms = [("a", 160, "fall"), ("a", 170, "fall"), ("a", 180, "fall"),
                  ("a", 450, "fall"), ("a", 600, "fall"), ("a", 640, "fall"), ("a", 760, "fall")]
        result = events.score(truth, alarms)
        self.assertEqual((result["found"], result["duplicates"], result["ignored"],
                          result["false"]), (2, 1, 1, 2))
        self.assertEqual(result["recall_critical"], 1)
        self.assertAlmostEqual(result["false_per_bed_day"], 2)

    def test_the_kind_must_be_right_when_asked_for(self):
        truth = {"a": bed(("fall", 100, 200))}
        self.assertEqual(events.score(truth, [("a", 150, "drift")])["found"], 1)
        result = events.score(truth, [("a", 150, "drift")], by_kind=True)
        self.assertEqual((result["found"], result["false"]), (0, 1))

    def test_an_alarm_of_another_bed_finds_nothing(self):
        result = events.score({"a": bed(("fall", 100, 200)), "b": bed()}, [("b", 150, "fall")])
        self.assertEqual((result["found"], result["false"]), (0, 1))
        with self.assertRaises(ValueError):
            events.score({"a": bed()}, [("c", 1, "fall")])

    def test_decoys_count_alarms_of_their_incident(self):
        decoy = {"kind": "sits_hard", "near": "fall", "t0": 100, "t1": 200}
        truth = {"a": bed(decoys=[decoy])}
        told = events.score(truth, [("a", 150, "stuck")])["decoys"]
        self.assertEqual(told["fall", "sits_hard"], (1, 0))
        told = events.score(truth, [("a", 150, "fall")])["decoys"]
        self.assertEqual(told["fall", "sits_hard"], (1, 1))

    def test_decoys_of_a_ward_are_told_by_its_beds(self):
        decoy = {"kind": "heating", "near": "drift", "t0": 100, "t1": 200}
        event = {"kind": "drift", "t0": 140, "t1": 160, "t_detectable": 140, "critical": False}
        bed_with_event = bed(quiet=[(165, 168)])
        bed_with_event["events"] = [event]
        truth = {"w": bed(decoys=[decoy]), "w/1": bed(), "w/2": bed_with_event, "x/1": bed()}
        for alarm, told in ((("w/1", 150, "drift"), 1), (("w/1", 150, "stuck"), 0),
                            (("w/1", 250, "drift"), 0), (("x/1", 150, "drift"), 0),
                            (("w/2", 150, "drift"), 0), (("w/2", 166, "drift"), 0),
                            (("w/2", 170, "drift"), 1)):
            decoys = events.score(truth, [alarm], by_kind=True)["decoys"]
            self.assertEqual(decoys["drift", "heating"], (1, told), alarm)

    def test_load_is_per_operator_and_ten_minutes(self):
        alarms = [("a", 10 * i, "x") for i in range(24)]
        load = events.score({"a": bed()}, alarms, operators=2)["load"]
        self.assertEqual(load["most"], 12)
        self.assertAlmostEqual(load["mean"], 12 / 145)
        self.assertAlmostEqual(load["flood"], 1 / 145)

    def test_wilson_is_the_textbook_one(self):
        low, high = events.wilson(81, 263)
        self.assertAlmostEqual(low, 0.2553, 3)
        self.assertAlmostEqual(high, 0.3662, 3)
        self.assertEqual(events.wilson(0, 0), (0, 1))

    @unittest.skipUnless(os.path.exists(OTHER), "no other scorer here")
    def test_it_agrees_with_the_other_scorer(self):
        if subprocess.run([PYTHON, "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("numpy is absent")
        chooser = random.Random(5)
        kinds = ["fall", "apnoea", "drift"]
        truth = {}
        for name in "abcdef":
            starts = [chooser.randrange(0, 80000) for _ in range(12)]
            truth[name] = bed(*[(chooser.choice(kinds), t, t + chooser.randrange(30, 3000))
                                for t in starts],
                              quiet=[[t, t + 900] for t in range(0, 80000, 9000)])
        alarms = [(chooser.choice("abcdef"), chooser.randrange(0, 86400), chooser.choice(kinds))
                  for _ in range(400)]
        for by_kind in (False, True):
            mine, other = events.score(truth, alarms, by_kind), self.other(truth, alarms, by_kind)
            self.assertEqual((mine["events"], mine["found"], mine["false"], mine["duplicates"],
                              mine["ignored"]),
                             tuple(other[k] for k in ("events", "tp", "fp", "dup", "ignored")))
            for ours, theirs in (("recall", "recall"), ("precision", "precision"),
                                 ("false_per_bed_day", "fa_per_bed_day")):
                self.assertAlmostEqual(mine[ours], other[theirs])
            self.assertAlmostEqual(mine["load"]["mean"], other["load_mean_10min"])
            self.assertAlmostEqual(mine["load"]["flood"], other["flood_share"])

    def other(self, truth, alarms, by_kind):
        with tempfile.TemporaryDirectory() as folder:
            truth_file = os.path.join(folder, "truth.json")
            alarms_file = os.path.join(folder, "alarms.csv")
            with open(truth_file, "w") as file:
                json.dump(truth, file)
            with open(alarms_file, "w") as file:
                file.write("stream,t_s,kind\n")
                file.writelines("%s,%d,%s\n" % alarm for alarm in alarms)
            command = [PYTHON, OTHER, "--truth", truth_file, "--alarms", alarms_file]
            out = subprocess.run(command + (["--kinds"] if by_kind else []), check=True,
                                 stdout=subprocess.PIPE).stdout
            return json.loads(out)


if __name__ == "__main__":
    unittest.main()
