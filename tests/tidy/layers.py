"""Who may include whom. The one source is the weft_layer(NAME SEES ...) line in each folder of src."""

import re

from tree import Finding, line_of, without_comments

_LAYER = re.compile(r"weft_layer\(\s*(\w+)(?:\s+SEES\s+([\w\s]+?))?\s*\)")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
# Of the C API, any layer may know the constants; only comm knows the functions, which it implements.
_CONSTANTS = ("weft/result.h", "weft/types.h")
_BACKEND = re.compile(r"transport/(\w+)/")


def table(tree):
    """layer -> the set of layers it sees."""
    sees = {}
    for path, text in tree.texts.items():
        if not re.fullmatch(r"src/\w+/CMakeLists\.txt", path):
            continue
        for match in _LAYER.finditer(text):
            sees[match.group(1)] = set((match.group(2) or "").split())
    return sees


def _cycle(sees):
    """A list of layers that ends where it began, or nothing."""
    finished, path = set(), []

    def visit(layer):
        if layer in path:
            return path[path.index(layer):] + [layer]
        if layer in finished:
            return None
        path.append(layer)
        found = next(filter(None, map(visit, sorted(sees.get(layer, ())))), None)
        path.pop()
        finished.add(layer)
        return found

    return next(filter(None, map(visit, sorted(sees))), None)


def _forbidden(path, included, sees):
    """Why this file may not include that one; nothing if it may."""
    layer, other = path.split("/")[1], included.split("/")[0]
    if "/" not in included:
        return f'"{included}": write includes from src/, for example "{layer}/{included}"'
    if included in _CONSTANTS or (other == "weft" and layer == "comm"):
        return None
    if other != layer and other not in sees[layer]:
        return f'{layer} may not include {other} ("{included}"): src/{layer}/CMakeLists.txt does not say so'
    backend = _BACKEND.match(included)
    if backend and path != "src/transport/registry.cc" and not path.startswith(f"src/transport/{backend.group(1)}/"):
        return f'"{included}" is a backend: only src/transport/registry.cc includes backends'
    return None


def check(tree):
    sees = table(tree)
    cycle = _cycle(sees)
    if cycle:
        yield Finding(f"src/{cycle[0]}/CMakeLists.txt", 1, "layers see each other in a circle: " + " -> ".join(cycle))
    for path, text in tree.under("src").items():
        if not path.endswith((".cc", ".h")):
            continue
        layer = path.split("/")[1]
        if layer not in sees:
            yield Finding(path, 1, f"src/{layer} has no weft_layer({layer} ...) in its CMakeLists.txt")
            continue
        code = without_comments(text, keep_strings=True)
        for match in _INCLUDE.finditer(code):
            reason = _forbidden(path, match.group(1), sees)
            if reason:
                yield Finding(path, line_of(code, match.start()), reason)
