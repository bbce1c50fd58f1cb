// One rank calls something else than the others: in every way, with every collective, algorithm and size. By default so
// many cases that all pairs occur; WEFT_MISMATCH_CASES=all runs every case. Ranks are threads of one process for each
// algorithm, because WEFT_ALGO counts for a process.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>

#include "api/failure.h"
#include "api/mismatch_cases.h"
#include "api/team.h"

namespace weft::test {
namespace {

constexpr int64_t kLimitUs = 50'000, kGraceUs = 250'000;
constexpr useconds_t kLateUs = 40'000;  // of a deviant that comes late: the others have compared twice by then
constexpr size_t kRoom = (size_t{16} << 20) * 5 + 4096;
constexpr int kRanksMostly = 5;

// Memory that costs nothing until it is written.
std::byte* reserve(size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  WEFT_ASSERT(memory != MAP_FAILED);
  return static_cast<std::byte*>(memory);
}

struct Figures {
  int cases, hangs, silent, misnamed;
  int64_t worst_us;
  std::array<char, 160> worst;  // the case
  int over_limit;               // ranks that the grace of a busy machine saved
};

// What one rank saw.
struct Sight {
  std::vector<int64_t> entered_us;  // each of its calls
  weftResult_t result = weftSuccess;
  int64_t failed_us = 0;
  std::string text;
};

class Matrix {
 public:
  explicit Matrix(Figures& figures) : figures_(figures), in_(reserve(kRoom)) {
    for (int rank = 0; rank < kRanksMostly; ++rank) out_.push_back(reserve(kRoom));
  }
  ~Matrix() {
    munmap(in_, kRoom);
    for (std::byte* out : out_) munmap(out, kRoom);
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  void run(const MismatchCase& one) {
    SCOPED_TRACE(one.text());
    std::vector<Sight> sights(static_cast<size_t>(one.ranks));
    {
      Team team(one.ranks);
      const auto warm = team.run([&](int rank) { return last_call().make(team.comm(rank), in_, out_of(rank)); });
      ASSERT_EQ(std::count(warm.begin(), warm.end(), weftSuccess), one.ranks);
      team.run([&](int rank) {
        look(one, rank, team.comm(rank), sights[static_cast<size_t>(rank)]);
        return weftSuccess;
      });
    }
    ++figures_.cases;
    judge(one, sights);
  }

 private:
  std::byte* out_of(int rank) const { return out_[static_cast<size_t>(rank)]; }

  void look(const MismatchCase& one, int rank, weftComm_t comm, Sight& sight) const {
    std::vector<Call> calls = calls_of(one, rank);
    calls.push_back(last_call());
    for (size_t at = 0; at < calls.size() && sight.result == weftSuccess; ++at) {
      if (at == first_difference(one) && rank == one.deviant() && one.late()) usleep(kLateUs);
      sight.entered_us.push_back(now_us());
      sight.result = calls[at].make(comm, in_, out_of(rank));
    }
    // A rank that needed nothing from those who see the difference learns of it when they do.
    while (sight.result == weftSuccess && now_us() - sight.entered_us.back() < kLimitUs + kGraceUs)
      weftCommGetAsyncError(comm, &sight.result);
    sight.failed_us = now_us();
    sight.text = weftGetLastError(comm);
  }

  void judge(const MismatchCase& one, const std::vector<Sight>& sights) {
    const size_t at = first_difference(one);
    int64_t last_arrival_us = 0;
    for (const Sight& sight : sights) {
      // A rank that the others' error reached before does not arrive.
      if (sight.entered_us.size() > at) last_arrival_us = std::max(last_arrival_us, sight.entered_us[at]);
    }
    // Calls are numbered from 1, and one went before.
    const std::string number = fmt::format("#{} ", at + 2), field = "differ in " + differing_field(one) + ".";
    for (const Sight& sight : sights) {
      const bool hung = sight.result == weftTimeout, silent = sight.result == weftSuccess;
      figures_.hangs += hung ? 1 : 0;
      figures_.silent += silent ? 1 : 0;
      EXPECT_EQ(sight.result, weftMismatch) << sight.text;
      if (hung || silent) continue;
      const bool named = contains(sight.text, number) && contains(sight.text, field);
      figures_.misnamed += named ? 0 : 1;
      EXPECT_TRUE(named) << number << field << " is not in: " << sight.text;
      const int64_t delay_us =
          sight.failed_us - std::max(last_arrival_us, sight.entered_us[std::min(at + 1, sight.entered_us.size() - 1)]);
      figures_.over_limit += delay_us > kLimitUs ? 1 : 0;
      if (delay_us > figures_.worst_us) {
        figures_.worst_us = delay_us;
        figures_.worst.fill('\0');
        one.text().copy(figures_.worst.data(), figures_.worst.size() - 1);
      }
      EXPECT_LT(delay_us, kLimitUs + kGraceUs) << sight.text;
    }
  }

  Figures& figures_;
  std::byte* in_;
  std::vector<std::byte*> out_;
};

// one rank of 2 and of 5 calls something else: another collective, count, type, operator or root, two calls in the
// other order, one more or one less; every algorithm
// expect: weftMismatch on all, soon after the last has come, or after the next call of a rank that was done by then,
// with the number and the field of the first difference
TEST(MismatchMatrix, every_way) {
  const char* const wanted = std::getenv("WEFT_MISMATCH_CASES");
  const bool all = wanted != nullptr && std::string_view(wanted) == "all";
  unsetenv("WEFT_MISMATCH_CASES");  // It is no variable of weft.
  const auto cases = mismatch_cases(all);
  std::map<std::string_view, std::vector<MismatchCase>> by_algorithm;
  for (const MismatchCase& one : cases) by_algorithm[one.row->name].push_back(one);
  Shared<Figures> figures;
  for (const auto& group : by_algorithm) {
    const std::string_view algorithm = group.first;
    const std::vector<MismatchCase>& some = group.second;
    run_processes(1,
                  [&](int) {
                    setenv("WEFT_ALGO", std::string(algorithm).c_str(), 1);
                    setenv("WEFT_TIMEOUT", "5", 1);
                    Matrix matrix(*figures);
                    for (const MismatchCase& one : some) matrix.run(one);
                  },
                  {.limit = std::chrono::minutes(20)});
  }
  std::printf(
      "%d cases: %d hangs, %d silent successes, %d wrongly named, %d later than %ld ms, the worst delay %.1f ms (%s)\n",
      figures->cases, figures->hangs, figures->silent, figures->misnamed, figures->over_limit,
      static_cast<long>(kLimitUs / 1000), static_cast<double>(figures->worst_us) / 1000, figures->worst.data());
  EXPECT_EQ(static_cast<size_t>(figures->cases), cases.size());
}

}  // namespace
}  // namespace weft::test
