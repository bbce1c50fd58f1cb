// A rank's life in a job: it runs its stream until a call fails, holds weft to what it promises then, goes on with
// those who are left, and so on until the operations after the last death have passed.
#pragma once

#include <weft/weft.h>

#include <optional>
#include <vector>

#include "api/processes.h"
#include "chaos/account.h"
#include "chaos/job.h"
#include "support/leaks.h"

namespace weft::test {

// Joins, tells that it has, and does what is between that and a clean end. Runs on the main thread of a rank's process.
class Life {
 public:
  Life(const Job& job, int rank, SharedId& id, Account& account);
  void live();
  // Of a rank that is stopped until the others have given it up: finds that out when it goes on, and goes on calling.
  void live_expelled();

 private:
  weftResult_t run_stream();
  weftResult_t run_to_the_end(Stream& stream);
  void look_back();
  bool is_last() const { return static_cast<int>(members_.size()) == job_.survivors(); }
  weftResult_t ask_whether_over(bool& over);
  void hear(weftResult_t result);
  Ranks failed_ranks();
  void hear_text(Account::Told& told);
  void shrink();
  void leave_out(weftComm_t smaller);
  weftResult_t work_first();
  void give_up(const char* why);
  void end();
  Ranks original(const std::vector<int>& ranks) const;

  const Job& job_;
  const int rank_;  // in the first communicator
  Account::Rank& mine_;
  const Holdings before_;
  weftComm_t comm_ = nullptr;
  std::vector<int> members_;  // of comm_, as ranks of the first
  std::optional<Stream> stream_;
  int level_ = 0;
  uint64_t called_ = 0;  // collectives on comm_
  int64_t failed_us_ = 0;
  bool finished_ = false;
};

}  // namespace weft::test
