#!/usr/bin/env python3
"""weft's conversions of the narrow floats against those of ml_dtypes (float16: of numpy), bit for bit.

    check_conversions.py ENVIRONMENT PROGRAMS    the folder of the Python environment, made if it is not there, and that
                                                 of the programs dump_conversions_*

Checked are the scalar code of base/float_formats.h and, for each target that this processor can run, what the folds
read and write, and whole folds. weft's rules are ml_dtypes' but for NaN:
  scalar    a NaN keeps its sign and loses its payload (numpy and ml_dtypes keep some payloads of 16-bit types)
  folds     read a NaN as some NaN, and write only one, without sign or payload: the format's canonical one
Nothing saturates: beyond the range is infinity, and NaN in float8_e4m3, which has none.
"""

import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import pyenv

pyenv.enter(sys.argv[1])

import ml_dtypes
import numpy as np

CANONICAL_NAN = {"float16": 0x7E00, "bfloat16": 0x7FC0, "float8_e4m3": 0x7F, "float8_e5m2": 0x7E}
TYPES = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float8_e4m3": np.dtype(ml_dtypes.float8_e4m3fn),
    "float8_e5m2": np.dtype(ml_dtypes.float8_e5m2),
}
FLOAT32_NAN = 0x7FC00000
RANDOM_NUMBERS = 2_000_000
SEED = 1


class Check:
    """One type. Counts what was compared and prints what differs."""

    def __init__(self, name, programs):
        self.name, self.type, self.programs = name, TYPES[name], programs
        self.bits = 8 * self.type.itemsize
        self.code = np.dtype(f"uint{self.bits}")
        self.sign_of_nan = self.code.type(1 << (self.bits - 1))
        self.canonical = self.code.type(CANONICAL_NAN[name])
        self.all_codes = np.arange(1 << self.bits, dtype=self.code)
        self.random = np.random.default_rng(SEED)
        self.compared = self.wrong = 0

    def ask(self, target, what, numbers, answer_type, *more):
        command = [self.programs / f"dump_conversions_{target}", self.name, what, *more]
        return np.frombuffer(subprocess.run(command, input=numbers.tobytes(), capture_output=True, check=True).stdout, answer_type)

    def widened(self, codes):
        return codes.view(self.type).astype(np.float32)

    def narrowed(self, numbers, nan_keeps_sign):
        codes = numbers.astype(self.type).view(self.code)
        is_nan = np.isnan(self.widened(codes))
        nans = self.canonical | (codes & self.sign_of_nan if nan_keeps_sign else self.code.type(0))
        return np.where(is_nan, nans, codes).astype(self.code)

    def compare(self, what, inputs, got, due):
        self.compared += due.size
        if got.size != due.size:
            self.wrong += 1
            print(f"{self.name} {what}: {got.size} answers to {due.size} questions")
            return
        different = np.flatnonzero(got != due)
        self.wrong += different.size
        for i in different[:5]:
            print(f"{self.name} {what}: of {inputs[i]:#x} came {got[i]:#x}, due is {due[i]:#x}")

    def to_narrow(self):
        """Values, the middles between them and beyond the last one, the float32 on both sides of each, and random ones."""
        values = self.widened(self.all_codes)
        values = np.unique(values[np.isfinite(values)].astype(np.float64))
        beyond = values[-1] + (values[-1] - values[-2])
        ends = np.concatenate(([-beyond], values, [beyond]))
        exact = np.concatenate((ends, (ends[1:] + ends[:-1]) / 2)).astype(np.float32)
        near = np.concatenate((exact, np.nextafter(exact, np.float32(np.inf)), np.nextafter(exact, np.float32(-np.inf))))
        anywhere = self.random.integers(0, 1 << 32, RANDOM_NUMBERS, dtype=np.uint32).view(np.float32)
        # Most random bits are far outside the range of a narrow type; these are around it.
        lowest, highest = np.log2(values[values > 0][[0, -1]])
        sizes = np.exp2(self.random.uniform(lowest - 3, highest + 2, RANDOM_NUMBERS)).astype(np.float32)
        inside = sizes * self.random.choice(np.array([-1, 1], np.float32), RANDOM_NUMBERS)
        specials = np.array([0, 0x80000000, 1, 0x80000001, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7F800001,
                             0xFF800001, 0x7FC00000, 0xFFC00000, 0x7FFFFFFF, 0xFFFFFFFF], np.uint32).view(np.float32)
        return np.concatenate((near, anywhere, inside, specials))

    def scalar(self, numbers):
        wide = self.widened(self.all_codes)
        is_nan = np.isnan(wide)
        signs = (self.all_codes >= self.sign_of_nan).astype(np.uint32) << 31
        due = np.where(is_nan, FLOAT32_NAN | signs, wide.view(np.uint32))
        got = self.ask("baseline", "scalar_widen", self.all_codes, np.uint32)
        self.compare("scalar_widen", self.all_codes, got, due)
        got = self.ask("baseline", "scalar_narrow", numbers, self.code)
        self.compare("scalar_narrow", numbers.view(np.uint32), got, self.narrowed(numbers, nan_keeps_sign=True))

    def vector(self, target, numbers):
        some_nan = lambda wide: np.where(np.isnan(wide), FLOAT32_NAN, wide.view(np.uint32))
        got = some_nan(self.ask(target, "widen", self.all_codes, np.float32))
        self.compare(f"{target} widen", self.all_codes, got, some_nan(self.widened(self.all_codes)))
        got = self.ask(target, "narrow", numbers, self.code)
        self.compare(f"{target} narrow", numbers.view(np.uint32), got, self.narrowed(numbers, nan_keeps_sign=False))

    def pairs(self):
        """All pairs of codes of 8 bits, random ones of 16."""
        if self.bits == 8:
            return np.repeat(self.all_codes, 256), np.tile(self.all_codes, 256)
        return [self.random.integers(0, 1 << self.bits, RANDOM_NUMBERS, dtype=self.code) for _ in range(2)]

    def folds(self, target, left, right):
        for what, combine in (("sum", np.add), ("prod", np.multiply)):
            due = self.narrowed(combine(self.widened(left), self.widened(right)), nan_keeps_sign=False)
            got = self.ask(target, what, np.concatenate((left, right)), self.code, target)
            self.compare(f"{target} {what}", left.astype(np.uint32) << self.bits | right, got, due)


def main():
    np.seterr(all="ignore")  # overflow and NaN are what this is about
    programs = pathlib.Path(sys.argv[2])
    listed = subprocess.run([programs / "dump_conversions_baseline", "targets"], capture_output=True, text=True, check=True)
    targets = listed.stdout.split()
    wrong = 0
    for name in TYPES:
        check = Check(name, programs)
        numbers = check.to_narrow()
        left, right = check.pairs()
        check.scalar(numbers)
        for target in targets:
            check.vector(target, numbers)
            check.folds(target, left, right)
        print(f"{name}: {check.compared} answers of scalar, {', '.join(targets)} compared, {check.wrong} wrong, seed {SEED}")
        wrong += check.wrong
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
