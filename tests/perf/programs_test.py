"""Runs the perf programs, ranks as threads, and reads what they print as tools for nccl-tests do. Argument: their folder."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAMS = Path(sys.argv.pop(1))
LIMIT_S = 120
COLLECTIVES = ("all_reduce", "all_gather", "reduce_scatter", "broadcast", "reduce")
ROW = re.compile(r"^ *(\d+) +(\d+) +(\w+) +(\w+) +(-?\d+)" + r" +([\d.e+]+) +([\d.e+]+) +([\d.e+]+) +(\d+|N/A)" * 2 + "$")


def run(collective, *flags):
    words = [str(PROGRAMS / f"{collective}_perf"), *flags]
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S)


def rows_of(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [ROW.match(line).groups() for line in lines]


class Programs(unittest.TestCase):
    # every collective on three ranks: two types, all operators, all roots, two sizes
    # expect: status 0, a row for each, nothing wrong, the closing lines
    def test_all(self):
        rows = {"all_reduce": 20, "all_gather": 4, "reduce_scatter": 20, "broadcast": 12, "reduce": 60}
        for collective in COLLECTIVES:
            for type_name in ("float", "bfloat16"):
                done = run(collective, "-t", "3", "-b", "100", "-e", "6000", "-i", "5900", "-n", "2", "-d", type_name, "-o", "all",
                           "-r", "all")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                found = rows_of(done.stdout)
                self.assertEqual(len(found), rows[collective] // 2)
                self.assertEqual({row[8] for row in found} | {row[12] for row in found}, {"0"})
                self.assertIn("# Out of bounds values : 0 OK\n", done.stdout)
                self.assertRegex(done.stdout, r"# Avg bus bandwidth    : [\d.e+-]+ \n")

    # a JSON file asked for, from one rank and from two that join by themselves
    # expect: the printed rows, with batches
    def test_json(self):
        with tempfile.TemporaryDirectory(prefix="perf-programs-") as folder:
            for ranks in ("1", "2"):
                path = Path(folder) / "rows.json"
                done = run("all_reduce", "-t", ranks, "-p", "1", "-b", "8", "-e", "512", "-f", "8", "-n", "2", "-c", "0",
                           "--batch_seconds", "0.001", "-J", str(path), "--memory", "shared")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                report = json.loads(path.read_text())
                self.assertEqual([(str(row["size"]), str(row["count"])) for row in report["results"]],
                                 [row[:2] for row in rows_of(done.stdout)])
                self.assertEqual(report["ranks"], int(ranks))
                self.assertEqual({row[8] for row in rows_of(done.stdout)}, {"N/A"})
                self.assertTrue(all(row["in_place"]["batches"]["count"] >= 5 for row in report["results"]))

    # an unknown flag, a root that is no rank, the help page, a file that cannot be written
    # expect: status 2, 2, 0 and 1, with the reason
    def test_refusals(self):
        for flags, status, words in ((["-Q"], 2, "unknown flag -Q"), (["-r", "1", "-b", "8", "-e", "8"], 2, "--root 1 is not a rank"),
                                     (["-h"], 0, "--minbytes <size>"),
                                     (["-b", "8", "-e", "8", "-n", "1", "-J", "/nowhere/rows.json"], 1, "cannot write /nowhere/rows.json")):
            done = run("broadcast", *flags)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(words, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
