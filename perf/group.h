// One rank's hold on weft: its communicator, and the few small exchanges that the measurements need, made with weft
// itself.
#pragma once

#include <weft/weft.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "flags.h"

namespace weft::perf {

// Owns the communicator. One thread uses it.
class Member {
 public:
  explicit Member(weftComm_t communicator) : communicator_(communicator) {}
  Member(Member&& other) noexcept;
  Member& operator=(Member&&) = delete;
  ~Member();

  Status ask();  // Finds out rank and number of ranks: call it first.
  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  weftComm_t communicator() const { return communicator_; }

  // Passes on what a function of weft answered, with its text.
  Status passed(weftResult_t result, std::string_view function) const;

  Status barrier();
  Expected<int64_t> sum(int64_t number);
  Status combine(std::span<double> numbers, weftRedOp_t op);         // in place, element by element
  Expected<std::vector<std::string>> gather(std::string_view text);  // every rank's; at most kTextBytes of each

  static constexpr size_t kTextBytes = 256;

 private:
  weftComm_t communicator_;
  int rank_ = 0, ranks_ = 1;
};

// Makes this process's ranks as the flags say and runs the body on each, in a thread of its own if there are several.
// The first error of any rank is returned.
Status run_members(const Flags& flags, const std::function<Status(Member&)>& body);

}  // namespace weft::perf
