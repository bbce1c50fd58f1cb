// PMIx, loaded at run time: the few functions of libpmix.so.2 that weft needs, as a table that tests can replace. weft
// never links the library, which drags in four others, and never includes its headers: the types below are the part of
// the PMIx 3 to 6 binary interface that these functions touch. Sizes and offsets are asserted in pmix.cc; values that
// the library allocates are read through pointers only, so what follows the members named here does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

// Loads the library; it is never unloaded.
Expected<PmixTable> load_pmix(const char* library);

// What the server says about this process's job.
struct PmixPlace {
  int nranks = 0;
  std::optional<int> local_rank;
  std::optional<int> local_size;
};

// This process as a client of its PMIx server: from the first question to its own end, for a process that has taken
// leave cannot start an MPI any more (Open MPI 4). PMIx counts its users, so an MPI in the same process is not
// disturbed. No call of PMIx takes a deadline that servers obey, so each conversation has a thread of its own. When a
// deadline passes, that thread is left behind in the library, and later conversations fail at their deadlines too. Any
// thread.
class PmixClient {
 public:
  explicit PmixClient(const PmixTable& table);
  ~PmixClient();  // Takes leave, if a question was ever asked, in a second at most. A forked child does not.

  // The one of this process, ended with it. Fails where there is no library.
  static Expected<PmixClient*> of_process();

  Expected<PmixPlace> ask_place(Deadline deadline);
  // All ranks call it, with the same key, new for each call; rank 0 gives the bytes, every rank gets them.
  Expected<std::vector<std::byte>> exchange(std::string key, std::optional<std::vector<std::byte>> mine,
                                            Deadline deadline);

 private:
  class Session;
  std::shared_ptr<Session> session_;  // shared with a thread that may be left behind
};

}  // namespace weft
