// What the sanitizers know about this process. A forked rank leaves by _exit, which skips their checks at exit, so the
// rank asks them itself.
#pragma once

#include <string>

namespace weft::test {

// Empty if nothing is wrong or no sanitizer is built in; else one sentence: the report itself is on stderr.
std::string sanitizer_findings();

// Threads that a sanitizer keeps in every process.
size_t sanitizer_threads();

}  // namespace weft::test
