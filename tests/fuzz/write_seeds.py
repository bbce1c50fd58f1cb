#!/usr/bin/env python3
"""Writes the first inputs of the fuzzers, one folder each: a good example of everything that they read.

    tests/fuzz/write_seeds.py FOLDER

Searches start from these and from the corpus; what a search adds to the corpus is chosen by `scripts/fuzz --merge`.
"""

import pathlib
import struct
import sys

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "schedule" / "golden"
MAGIC = b"\x89weft\r\n\x1a"


def blob(data):
    return struct.pack("<I", len(data)) + data


def frame(kind, body, flags=0):
    return struct.pack("<IBBH", len(body), kind, flags, 0) + body


def segment(data, fds=0):
    return bytes([len(data), fds]) + data


def member(rank, payload=b""):
    place = struct.pack("<IQ", 4711, 1 << 40) + blob(b"weft-17") + struct.pack("<BH", 4, 4711) + bytes([10, 0, 0, 1] + 12 * [0])
    return struct.pack("<I", rank) + bytes(range(16)) + blob(b"node-a") + place + blob(payload)


def environment(**variables):
    return "".join(f"{name}={text}\n" for name, text in variables.items()).encode()


def hellos():
    numbers = struct.pack("<IIBBHIIIQQ", 1, 100, 1, 1, 0, 3, 4, 0, 77, 78)
    yield "join", MAGIC + numbers + bytes(range(16)) + bytes(32) + b"\x05" + bytes(range(32))
    yield "stranger", b"GET / HTTP/1.1\r\n\r\n"


def frames():
    three = frame(1, b"join") + frame(16, b"") + frame(19, bytes(200))
    yield "at_once", b"a" + segment(three)
    yield "byte_by_byte", b"a" + b"".join(segment(bytes([byte])) for byte in three[:40])
    yield "with_fd", b"a" + segment(frame(16, b"fd", 1), 1) + segment(frame(17, b""))
    yield "without_fd", b"a" + segment(frame(16, b"fd", 1))
    yield "two_fds_at_once", b"a" + segment(frame(16, b"fd", 1), 2)
    yield "fd_of_nobody", b"a" + segment(frame(16, b"x"), 1) + segment(frame(16, b"y"), 1)
    yield "too_long", b"a" + segment(frame(16, b"")[:1] + b"\xff\xff" + frame(16, b"")[3:])
    yield "sent_by_weft", b"w" + bytes([1, 2, 2, 0, 16, 255, 254, 1, 17, 100, 100, 0, 18, 0, 0, 1])


def notices():
    for choice in (0, 1, 2):
        yield f"kind_{choice}", bytes([choice]) + struct.pack("<QIIBI", 7, 1, 3, choice, 102) + blob(b"aborted by rank 3")
    yield "sent", bytes([128]) + struct.pack("<QIBBBB", 7, 1, 3, 1, 0, 129) + b" and more"


def ranks(*numbers):
    return struct.pack("<I", len(numbers)) + b"".join(struct.pack("<I", number) for number in numbers)


def agreement(sender, kind, failed, *decisions, cause=b"died: its process ended"):
    body = struct.pack("<QIBIIBI", 7, 1, 0, sender, 0, kind, 3) + ranks(*failed)
    body += struct.pack("<II", len(decisions), len(decisions)) + b"".join(ranks(*decision) for decision in decisions)
    return body + struct.pack("<II", 1, failed[0]) + blob(cause)


def gossip():
    told = [agreement(1, kind, (2, 5)) for kind in range(4)] + [agreement(3, 3, (2, 5), (2,), (2, 5))]
    for name, choice in (("failures", 1), ("failures_of_three", 7), ("shrink", 129)):
        yield name, bytes([choice]) + b"".join(bytes([len(body)]) + body for body in told)
    yield "expelled", bytes([11]) + bytes([len(told[0])]) + told[0]
    calls = b"".join(struct.pack("<QQ", number | 5 << 32, 1000) for number in (1, 2, 3))
    place = struct.pack("<BQQII", 3, 3 | 5 << 32, 1000, 12, 34) + struct.pack("<QIQQ", 8, 1, 1 | 2 << 32, 10)
    yield "calls", b"\0" + struct.pack("<QIIIBI", 7, 1, 2, 0, 1, 3) + place + bytes([3]) + calls
    yield "question", b"\0" + struct.pack("<QIIIBI", 7, 1, 0, 2, 3, 3)
    culprit = struct.pack("<IQII", 1, 8, 1, 4)
    yield "diagnosis", b"\0" + struct.pack("<QIIIBI", 7, 1, 0, 2, 4, 3) + struct.pack("<BIIB", 2, 3, 0, 1) + culprit


def members():
    yield "member", b"m" + member(3, b"payload")
    yield "ranges", b"r" + bytes([0, 0, 0, 2, 0, 1, 0, 0, 3])


def rendezvous():
    yield "join", b"\0" + struct.pack("<Q", 5000) + blob(b"WEFT_SLOTS=5") + member(1, b"p")
    yield "roster", b"\1" + struct.pack("<Q", 9) + bytes(32) + struct.pack("<I", 2) + member(0) + member(1, b"p")
    yield "refusal", b"\2" + struct.pack("<I", 104) + blob(b"WEFT_SLOTS differs")
    yield "sent", b"\3" + struct.pack("<QBBBBHB", 5000, 9, 200, 20, 255, 4711, 3)


def unique_ids():
    fields = struct.pack("<BBBH", 1, 4, 1, 4711) + bytes([10, 0, 0, 1] + 12 * [0]) + bytes(range(64))
    yield "round_trip", b"i" + fields
    yield "damage", b"d" + bytes([40, 3]) + fields
    yield "names", b"n\0\1torchrun\njob\nnode-a:4711\n\1"
    yield "secret", b"s" + b"0123456789abcdefABCDEF0123456789" * 2
    yield "drawn", b"r"
    yield "bytes", b"weft-id\n" + struct.pack("<I", 1) + bytes(116)


def launches():
    yield "weft_run", environment(WEFT_RANK=1, WEFT_NRANKS=4, WEFT_LOCAL_RANK=1, WEFT_LOCAL_SIZE=4, WEFT_JOB="j", WEFT_ROOT="[fd00::1]:4711")
    yield "torchrun", environment(RANK=1, WORLD_SIZE=2, LOCAL_RANK=1, LOCAL_WORLD_SIZE=2, MASTER_ADDR="node-a", MASTER_PORT=29500,
                                  TORCHELASTIC_RUN_ID="x", TORCHELASTIC_RESTART_COUNT=1)
    yield "open_mpi", environment(OMPI_COMM_WORLD_RANK=0, OMPI_COMM_WORLD_SIZE=2, OMPI_COMM_WORLD_LOCAL_RANK=0, OMPI_COMM_WORLD_LOCAL_SIZE=2,
                                  PMIX_RANK=0, PMIX_NAMESPACE="n", OMPI_MCA_orte_precondition_transports="t")
    yield "mpich", environment(PMI_RANK=0, PMI_SIZE=2, PMI_FD=9, MPI_LOCALRANKID=0, MPI_LOCALNRANKS=2)
    yield "pmix", environment(PMIX_RANK=1, PMIX_NAMESPACE="n", ASK_NRANKS=3, ASK_LOCAL_RANK=0, ASK_LOCAL_SIZE=1)
    yield "slurm", environment(SLURM_PROCID=1, SLURM_STEP_NUM_TASKS=2, SLURM_LOCALID=1, SLURM_STEP_NUM_NODES=1, SLURM_JOB_ID=7,
                               SLURM_STEP_ID=0, SLURM_RESTART_COUNT=2)
    yield "contradiction", environment(PMI_RANK=0, PMI_SIZE=1, PMIX_RANK=1, PMIX_NAMESPACE="n", SLURM_STEP_NUM_TASKS=4)


def configs():
    yield "all", environment(WEFT_DEBUG="trace", WEFT_ALGO="ring", WEFT_TIMEOUT="1.5", WEFT_INIT_TIMEOUT="3e1", WEFT_SLOT_BYTES=4096,
                             WEFT_SLOTS=8, WEFT_RANK=0, WEFT_NRANKS=2, WEFT_LOCAL_RANK=0, WEFT_LOCAL_SIZE=1, WEFT_ROOT="a:1", WEFT_JOB="j",
                             WEFT_SECRET="00", WEFT_INSECURE=1, WEFT_IFACE="eth0")
    yield "unknown", environment(WEFT_SLOT=5, WEFT_="", OTHER="x")
    yield "refused", environment(WEFT_SLOT_BYTES=1025)


def schedules():
    for path in sorted(GOLDEN.glob("*.txt")):
        yield path.stem, path.read_bytes()
    head = b"schedule chunks 1 scratch 0 credits 2\nlane\n"
    yield "never_taken", b"rank 0\n" + head + b"port 0 rank 1 stream 0\nmove input[0] -> output[0], send 0\nrank 1\n" + head
    yield "all_options", b"""rank 0
schedule chunks 4 scratch 2 credits 2
tables 0 3 1
lane window 1 size 2
  port 0 rank 1 stream 0
  port 1 rank 1 stream 1 group
  loop 2 times 1 steps
    move recv 0 + input[1+2i] + recv 1..2 -> output[3-i~], send 0..2 | count 2, run 1, gap -4, ports -1, pairwise, post
  move input[0-i] -> scratch[0] | table 0, pre, remote output[1], after pass lane 1 step 4
lane
  move scratch[1] -> output[0] | after slot lane 0 step 2
  move scratch[1] -> output[0] | after lane 0 step 3
"""


SEEDS = {"hello": hellos, "frame": frames, "notice": notices, "gossip": gossip, "member": members, "rendezvous": rendezvous,
         "unique_id": unique_ids, "launch": launches, "config": configs, "schedule": schedules}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for fuzzer, seeds in SEEDS.items():
        folder = pathlib.Path(sys.argv[1], fuzzer)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds():
            (folder / f"seed_{name}").write_bytes(data)


if __name__ == "__main__":
    main()
