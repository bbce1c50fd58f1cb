// Names for the addresses of a stack. The names of hidden functions are not in the dynamic symbol table that
// backtrace_symbols knows, so addr2line is asked where it is installed.
#pragma once

#include <string>

namespace weft::test {

// `frames` is what backtrace_symbols_fd writes: lines "path(name+0x10) [0xaddress]". Each is returned indented, with
// function and line where they can be found, else as it is.
std::string with_symbols(const std::string& frames);

}  // namespace weft::test
