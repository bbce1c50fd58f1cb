"""Each rule fires on a sample that breaks it, and not on one that keeps it."""

import unittest

import documents
import layers
import lengths
import tidy
import words
from tree import Tree, without_comments

LAYERS = {
    "src/base/CMakeLists.txt": "weft_layer(base)\n",
    "src/fifo/CMakeLists.txt": "weft_layer(fifo SEES base)\n",
    "src/transport/CMakeLists.txt": "weft_layer(transport SEES base fifo)\n",
}


def found(rule, texts):
    return [str(finding) for finding in rule(Tree(texts))]


class Layers(unittest.TestCase):
    def check(self, path, included):
        return found(layers.check, {**LAYERS, path: f'#include "{included}"\n'})

    # an include along an arrow, of the own folder, and against an arrow
    # expect: fine, fine, a finding that names both layers
    def test_arrows(self):
        self.assertEqual(self.check("src/fifo/slot.h", "base/status.h"), [])
        self.assertEqual(self.check("src/fifo/slot.h", "fifo/line.h"), [])
        self.assertIn("base may not include fifo", self.check("src/base/fd.h", "fifo/slot.h")[0])

    # the C API: its constants, its functions from comm, its functions from elsewhere
    # expect: fine, fine, a finding
    def test_public_headers(self):
        self.assertEqual(self.check("src/fifo/slot.h", "weft/types.h"), [])
        self.assertEqual(found(layers.check, {"src/comm/CMakeLists.txt": "weft_layer(comm)", "src/comm/a.cc": '#include "weft/init.h"\n'}), [])
        self.assertEqual(len(self.check("src/fifo/slot.h", "weft/init.h")), 1)

    # an include by bare name
    # expect: a finding
    def test_bare_name(self):
        self.assertIn("from src/", self.check("src/fifo/slot.h", "line.h")[0])

    # a backend included by the registry, by itself, by its neighbour, and a comment that only looks like it
    # expect: fine, fine, a finding, fine
    def test_backends(self):
        self.assertEqual(self.check("src/transport/registry.cc", "transport/shm/shm.h"), [])
        self.assertEqual(self.check("src/transport/shm/arena.cc", "transport/shm/shm.h"), [])
        self.assertIn("is a backend", self.check("src/transport/tcp/stream.cc", "transport/shm/shm.h")[0])
        self.assertEqual(found(layers.check, {**LAYERS, "src/base/a.h": '// #include "fifo/slot.h"\n'}), [])

    # layers that see each other
    # expect: a finding that prints the circle
    def test_cycle(self):
        texts = {**LAYERS, "src/base/CMakeLists.txt": "weft_layer(base SEES transport)\n"}
        self.assertIn("base -> transport -> base", found(layers.check, texts)[0])

    # a folder that declares no layer
    # expect: a finding
    def test_undeclared(self):
        self.assertIn("has no weft_layer", found(layers.check, {"src/new/a.cc": ""})[0])


class Lengths(unittest.TestCase):
    LONG = "int f(int x) {\n" + "  x += 1;\n" * 70 + "  return x;\n}\n"

    # functions of one line, with initialiser lists, in classes, with template parameters, and operators
    # expect: each is seen with its name and length
    def test_functions(self):
        text = ("namespace weft {\ntemplate <class T>\nvoid fold(T x) {\n}\nstruct alignas(64) A {\n  A() : a_(1) {}\n"
                "  bool operator==(const A&) const {\n    return true;\n  }\n};\nint rows[] = {\n  f(1),\n};\n}\n")
        self.assertEqual(list(lengths.functions(text)), [("fold", 2, 3), ("A", 6, 1), ("operator", 7, 3)])

    # a function of 73 lines; with a row that allows it; with a row that allows more than it needs; a row for nothing
    # expect: a finding; fine; a finding; a finding
    def test_function_length(self):
        check = lambda rows, text=self.LONG: found(lengths.check, {"src/a.cc": text, lengths.RATCHET: rows})
        self.assertIn("function f has 73 lines", check("")[0])
        self.assertEqual(check("src/a.cc f 73\n"), [])
        self.assertIn("lower the row to 73", check("src/a.cc f 80\n")[0])
        self.assertIn("remove the row", check("src/a.cc f 80\n", text="")[0])

    # a file of 501 lines
    # expect: a finding
    def test_file_length(self):
        self.assertIn("501 lines", found(lengths.check, {"src/a.h": "\n" * 501})[0])


class Words(unittest.TestCase):
    def check(self, path, text):
        return found(words.check, {path: text})

    # every banned part of a name, in each spelling
    # expect: a finding each
    def test_names(self):
        for part in words.NAME_PARTS:
            for name in (part, f"my_{part}", f"{part}_", f"My{part.capitalize()}"):
                self.assertEqual(len(self.check("src/exec/a.cc", f"int {name};\n")), 1, name)

    # the same words in comments and strings, inside longer words, as log level, and in names of the system
    # expect: fine
    def test_names_allowed(self):
        text = '// the context\nauto s = "info";\nlog_info("x"); f(LogLevel::info); utility(); getaddrinfo(); act.sa_handler = f;\n'
        self.assertEqual(self.check("src/exec/a.cc", text), [])

    # every forbidden piece of code, where it is forbidden
    # expect: a finding each
    def test_code(self):
        for text in ("getenv(\"X\")", "std::getenv (x)", "std::this_thread::sleep_for(x)", "usleep(1)", "nanosleep(&t, 0)",
                     "volatile int x", "x = NULL", "std::chrono::system_clock::now()", "throw 1"):
            self.assertEqual(len(self.check("src/exec/a.cc", text + ";\n")), 1, text)

    # the same where it is allowed
    # expect: fine
    def test_code_allowed(self):
        self.assertEqual(self.check("src/base/environment.cc", "getenv(name);\n"), [])
        self.assertEqual(self.check("tests/support/seed.cc", "std::getenv(name);\n"), [])
        self.assertEqual(self.check("tests/consumer/a.c", "x = NULL;\n"), [])
        self.assertEqual(self.check("src/base/wait.h", "asm volatile(\"yield\");\n"), [])

    # a postponed task without a condition, a machine's path, talk about something that is not the project
    # expect: a finding each, in any kind of file; with a condition: fine
    def test_text(self):
        for text in ("// TODO: later", "see /work/x", "in this session", "as the issue says", "see issue 12", "as this prompt asks", "https://pypi.org/x"):
            self.assertEqual(len(self.check("docs/a.md", text + "\n")), 1, text)
        self.assertEqual(self.check("src/exec/a.cc", "// a shell's prompt; the card issues a read\n"), [])
        self.assertEqual(self.check("src/exec/a.cc", "// TODO (when gcc 13 is the oldest): std::format\n"), [])


class Documents(unittest.TestCase):
    # no title, two titles, a title in line 2, one title with a # in a code block
    # expect: three findings, fine
    def test_titles(self):
        for text in ("text\n", "# a\n# b\n", "\n# a\n"):
            self.assertEqual(len(found(documents.titles, {"a.md": text})), 1, text)
        self.assertEqual(found(documents.titles, {"a.md": "# a\n```\n# comment\n```\n"}), [])

    # links to files, folders, headings and the web; to nothing; to no heading
    # expect: fine; a finding; a finding
    def test_links(self):
        other = {"docs/b.md": "# The word list\n", "src/a.h": ""}
        fine = "# a\n[b](b.md) [h](b.md#the-word-list) [s](../src) [w](https://x.org/y) `[x](no)`\n"
        self.assertEqual(found(documents.links, {"docs/a.md": fine, **other}), [])
        self.assertIn("leads nowhere", found(documents.links, {"docs/a.md": "[b](c.md)", **other})[0])
        self.assertIn("no heading", found(documents.links, {"docs/a.md": "[b](b.md#x)", **other})[0])

    # a public function with a comment, two that share one, one without, one whose comment stands apart
    # expect: fine, fine, a finding, a finding
    def test_public_functions(self):
        check = lambda text: found(documents.public_functions, {"include/weft/a.h": text})
        self.assertEqual(check("/* Does. */\nWEFT_API int f(int a,\n               int b);\nWEFT_API int g(void);\n"), [])
        self.assertEqual(len(check("int x;\nWEFT_API int f(void);\n")), 1)
        self.assertEqual(len(check("/* Does. */\n\nWEFT_API int f(void);\n")), 1)


class Generated(unittest.TestCase):
    # a page that its program prints, and one that it does not
    # expect: fine, a finding
    def test_stale(self):
        page = lambda text: list(tidy.stale_pages(Tree({"docs/a.md": text}), [("docs/a.md", ["echo", "# a"])]))
        self.assertEqual(page("# a\n"), [])
        self.assertEqual(len(page("# b\n")), 1)


class Text(unittest.TestCase):
    # comments, strings, raw strings, characters and digit separators
    # expect: blanked, with every line break kept
    def test_without_comments(self):
        text = 'a /* b\n */ "c//" R"(d")" \'"\' 1\'000 // e\nf'
        self.assertEqual(without_comments(text).split(), ["a", "1", "000", "f"])
        self.assertEqual(without_comments(text).count("\n"), text.count("\n"))


if __name__ == "__main__":
    unittest.main()
