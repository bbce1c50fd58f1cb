"""The arithmetic, commands and text of perf/compare; nothing is timed."""

import importlib.machinery
import importlib.util
import json
import tempfile
import unittest
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent.parent / "perf" / "compare"
LOADER = importlib.machinery.SourceFileLoader("compare", str(PATH))
SPEC = importlib.util.spec_from_loader("compare", LOADER)
compare = importlib.util.module_from_spec(SPEC)
LOADER.exec_module(compare)


def pair(weft, peer, hop=50):
    return {"weft_us": {8: weft, 16: 2 * weft}, "peer_us": {8: peer}, "hop_ns": hop}


def comparison(pairs):
    return {"ranks": 2, "peer": "Open MPI v4.1.4, package", "commit": "0123abcd", "hops_ns": [p["hop_ns"] for p in pairs],
            "machine": {"processor": "a processor", "processors": 2, "kernel": "Linux 6"}, "commands": ["a", "b"],
            "pairs": len(pairs), "pairs_counted": len(compare.usable(pairs)), "rows": compare.rows_of(compare.usable(pairs))}


class Rows(unittest.TestCase):
    # three pairs of which each side has other sizes
    # expect: the common size; medians of each side; the ratio of each pair, not of the medians
    def test_medians(self):
        rows = compare.rows_of([pair(1, 2), pair(2, 8), pair(4, 4)])
        self.assertEqual(rows, [{"bytes": 8, "weft_us": 2, "peer_us": 4, "ratio": {"median": 2, "min": 1, "max": 4}}])

    # a pair taken while the processors were far apart, pairs without a hop
    # expect: left out; all kept
    def test_hop(self):
        near = [pair(1, 2, 50), pair(1, 2, 60), pair(1, 2, 55)]
        self.assertEqual(compare.usable(near + [pair(1, 2, 300)]), near)
        self.assertEqual(len(compare.usable([pair(1, 2, None)] * 2)), 2)

    # reports as the programs write them
    # expect: median of the batches by size; the higher hop; none if none was measured
    def test_reports(self):
        report = {"results": [{"size": 8, "out_of_place": {"batches": {"median_us": 1.5}}}],
                  "hop_ns": {"before": {"median": 40}, "after": {"median": 60}}}
        self.assertEqual(compare.times_of(report), {8: 1.5})
        self.assertEqual(compare.hop_of(report), 60)
        self.assertIsNone(compare.hop_of({"hop_ns": {"before": None, "after": None}}))


class Commands(unittest.TestCase):
    # enough cores, too few, both launchers
    # expect: both sides started by the same words, bound to cores only if there are enough
    def test_binding(self):
        for peer in ("openmpi", "mpich"):
            arguments = compare.parse_arguments(["reduce", "--peer", peer, "--sizes", "8:1K:2"])
            for ranks, binding in ((2, "core"), (4, "none")):
                weft, other = compare.commands(arguments, ranks, 2, "w.json", "p.json")
                split = weft.index(str(ranks)) + 1
                self.assertEqual(weft[:split], other[:split])
                self.assertIn(binding, weft[:split])
                self.assertTrue(weft[split].endswith("perf/reduce_perf"))
                self.assertTrue(other[split].endswith(f"perf/peers/mpi_bench_{peer}"))
                self.assertEqual(weft[weft.index("-b"):-1], other[other.index("-b"):-1])

    # arguments that are wrong
    # expect: status 2
    def test_refuses(self):
        for words in (["scatter"], ["reduce", "--sizes", "8"], ["reduce", "--pairs", "0"], ["reduce", "--ranks", "0"]):
            with self.assertRaises(SystemExit) as ended, open("/dev/null", "w") as nowhere:
                compare.sys.stderr, kept = nowhere, compare.sys.stderr
                try:
                    compare.parse_arguments(words)
                finally:
                    compare.sys.stderr = kept
            self.assertEqual(ended.exception.code, 2)


class Results(unittest.TestCase):
    # one comparison
    # expect: a page with machine, commit, command and a row; a document with a schema version
    def test_files(self):
        with tempfile.TemporaryDirectory(prefix="compare-test-") as folder:
            arguments = compare.parse_arguments(["reduce", "--name", "two", "--results", folder])
            compare.write_results(arguments, "perf/compare reduce", [comparison([pair(2, 3), pair(2, 3)])])
            page = (Path(folder) / "two.md").read_text()
            for words in ("a processor, 2 processors", "0123abcd", "    perf/compare reduce", "| 8 | 2.00 | 3.00 | 1.50 | 1.50 | 1.50 |",
                          "2 of 2 pairs counted"):
                self.assertIn(words, page)
            document = json.loads((Path(folder) / "two.json").read_text())
            self.assertEqual(document["schema_version"], 1)
            self.assertEqual(document["comparisons"][0]["rows"][0]["bytes"], 8)


if __name__ == "__main__":
    unittest.main()
