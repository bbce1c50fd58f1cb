#!/usr/bin/env python3
"""symbols.py LIBRARY HEADERS: LIBRARY exports exactly the functions that HEADERS declare, and needs only the C and C++
run-time libraries. So nothing of the libraries inside it (libsodium, Highway, fmt) can be seen, or be replaced, from outside.
"""

import pathlib
import re
import subprocess
import sys

NEEDED = re.compile(r"(libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s|ld-linux[-\w]*)\.so\.\d+")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(library):
    return {line.split()[-1].split("@")[0] for line in output_of("nm", "-D", "--defined-only", library).splitlines()}


def needed(library):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "-d", library))


def soname(library):
    return re.findall(r"\(SONAME\).*\[(.*)\]", output_of("readelf", "-d", library))


def declared(headers):
    text = "".join(path.read_text() for path in sorted(pathlib.Path(headers).glob("*.h")))
    return set(re.findall(r"^WEFT_API\b[^;(]*?(\w+)\s*\(", text, re.MULTILINE))


def main():
    library, headers = sys.argv[1:]
    has, wants = exported(library), declared(headers)
    findings = [f"exported, but no header declares it: {name}" for name in sorted(has - wants)]
    findings += [f"declared, but not exported: {name}" for name in sorted(wants - has)]
    findings += [f"needs {name}, which users may not have" for name in needed(library) if not NEEDED.fullmatch(name)]
    if not wants or not needed(library):
        findings.append("found no declaration or no needed library: the test is blind")
    if soname(library) != ["libweft.so.0"]:
        findings.append(f"the SONAME is {soname(library)}, not libweft.so.0")
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
