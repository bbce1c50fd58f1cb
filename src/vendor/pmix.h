// PMIx, loaded at run time: the few functions of libpmix.so.2 that weft needs, as a table that tests can replace. weft
// never links the library, which drags in four others, and never includes its headers: the types below are the part of
// the PMIx 3 to 6 binary interface that these functions touch. Sizes and offsets are asserted in pmix.cc; values that
// the library allocates are read through pointers only, so what follows the members named here does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"

namespace weft {

struct PmixProcess {
  char name_space[256];
  uint32_t rank;
};

struct PmixBytes {
  char* bytes;
  size_t size;
};

struct PmixValue {
  uint16_t type;
  union {
    bool flag;
    uint16_t uint16;
    uint32_t uint32;
    PmixBytes bytes;
    void* widest[3];
  } data;
};

struct PmixOption {
  char key[512];
  uint32_t directives;
  PmixValue value;
};

struct PmixTable {
  int (*init)(PmixProcess* self, PmixOption* options, size_t option_count);
  int (*finalize)(const PmixOption* options, size_t option_count);
  int (*put)(uint8_t scope, const char* key, PmixValue* value);
  int (*commit)();
  int (*fence)(const PmixProcess* processes, size_t process_count, const PmixOption* options, size_t option_count);
  int (*get)(const PmixProcess* process, const char* key, const PmixOption* options, size_t option_count,
             PmixValue** value);
  const char* (*error_string)(int status);
};

// The library of this process, loaded on the first call and never unloaded. Any thread.
Expected<const PmixTable*> load_pmix();
Expected<PmixTable> load_pmix_from(const char* library);

// What the server says about this process's job.
struct PmixPlace {
  int nranks = 0;
  std::optional<int> local_rank;
  std::optional<int> local_size;
};

// Both talk to the server from a thread of their own, since no call of PMIx takes a deadline that servers obey. When
// the deadline passes, that thread is left behind in the library. PMIx counts its users: an MPI in this process is not
// disturbed.
Expected<PmixPlace> ask_pmix_place(const PmixTable& table, Deadline deadline);
// All ranks call it, with the same key, new for each call; rank 0 gives the bytes, every rank gets them.
Expected<std::vector<std::byte>> exchange_over_pmix(const PmixTable& table, std::string key,
                                                    std::optional<std::vector<std::byte>> mine, Deadline deadline);

}  // namespace weft
