// A few ranks that only agree, without processes, seats or a clock: who hears what when is drawn from a seed, and so is
// who dies, even in the middle of what it says, who leaves, and whose link comes late. Hundreds of orders in the time
// of one job, and several agreements after each other, whose messages overtake no one but mix. One thread.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "bootstrap/agreement.h"

namespace weft::simulation {

inline constexpr uint64_t kCouncilsPerSeed = 10;  // They are so much smaller than jobs.

class Council {
 public:
  explicit Council(uint64_t seed);
  // The first violation; empty: none.
  std::string run();

 private:
  struct Delegate {
    Agreement agreement;
    bool dead = false, left = false;
    size_t asked = 0;            // decisions that it has called for
    size_t seen = 0;             // decisions that were checked
    std::vector<RankSet> knew;   // by call: who was gone, as far as it knew
    std::vector<RankSet> taken;  // decisions
    bool present() const { return !dead && !left; }
  };
  // Nothing: the sender leaves.
  using Item = std::optional<AgreementMessage>;
  enum class Deed : uint8_t { hear, notice, call, meet, crash, leave };
  struct Choice {
    Deed deed;
    int rank, other;
  };

  Delegate& at(int rank) { return delegates_[static_cast<size_t>(rank)]; }
  int size() const { return static_cast<int>(delegates_.size()); }
  bool met(int one, int other) const { return !unmet_.contains({std::min(one, other), std::max(one, other)}); }
  bool may_leave(int rank);
  std::vector<Choice> choices();
  void add_choices_of(int rank, std::vector<Choice>& choices);
  void carry_out(const Choice& choice);
  void call(int rank);
  void hear(int from, int to);
  void crash(int rank);
  void leave(int rank);
  void collect(int rank);
  void check(int rank);
  void check_decision(int rank, size_t number);
  void check_fenced(int rank, size_t number);
  void judge();
  template <typename... Args>
  void violate(fmt::format_string<Args...> text, Args&&... args) {
    if (violation_.empty()) violation_ = "a council: " + fmt::format(text, std::forward<Args>(args)...);
  }

  Random random_;
  const Agreement::Start start_;
  const size_t rounds_;
  const uint64_t calm_;  // in one moment of so many somebody may die or leave
  std::vector<Delegate> delegates_;
  std::map<std::pair<int, int>, std::deque<Item>> links_;  // from, to
  std::set<std::pair<int, int>> unmet_;                    // pairs without a link so far
  std::vector<std::pair<int, int>> unnoticed_;             // who has not noticed whose death
  int crashes_left_ = 0, leaves_left_ = 0;
  std::string violation_;
};

}  // namespace weft::simulation
