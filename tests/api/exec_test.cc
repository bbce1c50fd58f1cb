// A rank that starts another program while its communicator lives.
#include <cstdio>

#include "api/failure.h"

namespace weft::test {
namespace {

std::string output_of(const char* command) {
  std::string output;
  FILE* const pipe = popen(command, "re");
  if (pipe == nullptr) return "popen failed";
  char piece[4096];
  while (std::fgets(piece, sizeof piece, pipe) != nullptr) output += piece;
  EXPECT_EQ(pclose(pipe), 0);
  return output;
}

// between two collectives, and while the other rank waits
// expect: the program inherits nothing of weft's; the ranks go on
TEST(Exec, inherits_nothing) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    if (rank == 0) {
      const std::string open_files = output_of("ls -l /proc/self/fd");
      EXPECT_TRUE(contains(open_files, "/proc/")) << "it lists something: " << open_files;
      for (const char* ours : {"socket:", "memfd", "eventfd", "eventpoll", "pidfd"})
        EXPECT_FALSE(contains(open_files, ours)) << open_files;
    }
    for (int i = 0; i < 10; ++i) expect_sum(comm, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
