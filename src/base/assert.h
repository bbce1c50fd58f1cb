// Preconditions, invariants and "cannot happen". An assert that fails is a bug in weft, never an error value: it prints
// the condition, dumps the log ring and aborts. Asserts stay on in release builds.
#pragma once

namespace weft {

[[noreturn]] void assert_failed(const char* condition, const char* file, int line);

}  // namespace weft

#define WEFT_ASSERT(condition) \
  (__builtin_expect(!(condition), 0) ? ::weft::assert_failed(#condition, __FILE__, __LINE__) : static_cast<void>(0))
