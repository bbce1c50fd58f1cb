#include "chaos/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <deque>

namespace weft::test {
namespace {

std::deque<Row>& rows() {
  static std::deque<Row> all;
  return all;
}

double ms_at(const std::vector<int64_t>& values, size_t percent) {
  return static_cast<double>(percentile(values, percent)) / 1e3;
}

void print_moments(const Row& row) {
  if (std::ranges::count(row.moments, 0) == Row::kMoments) return;
  std::printf("%s: the second was struck before it was told of the first %d, told %d, in the shrink %d, after it %d\n",
              row.campaign.c_str(), row.moments[Row::untold], row.moments[Row::told], row.moments[Row::shrinking],
              row.moments[Row::going_on]);
}

class Table : public ::testing::Environment {
 public:
  void TearDown() override {
    if (rows().empty()) return;
    std::printf("%-16s %6s %8s %11s %11s %13s %13s %10s %11s\n", "campaign", "jobs", "inside", "told p50", "told p99",
                "recovered p50", "recovered p99", "undecided", "violations");
    for (const Row& row : rows()) {
      std::printf("%-16s %6d %7d%% %8.1f ms %8.1f ms %10.1f ms %10.1f ms %10d %11d\n", row.campaign.c_str(), row.jobs,
                  row.jobs == 0 ? 0 : 100 * row.inside / row.jobs, ms_at(row.told_us, 50), ms_at(row.told_us, 99),
                  ms_at(row.recovered_us, 50), ms_at(row.recovered_us, 99), row.undecided, row.violations);
    }
    for (const Row& row : rows()) print_moments(row);
  }
};

const ::testing::Environment* const table = ::testing::AddGlobalTestEnvironment(new Table);

}  // namespace

int64_t percentile(const std::vector<int64_t>& values, size_t percent) {
  if (values.empty()) return 0;
  std::vector<int64_t> sorted = values;
  std::ranges::sort(sorted);
  return sorted[(sorted.size() - 1) * percent / 100];
}

Row& new_row(const std::string& campaign) {
  Row& row = rows().emplace_back();
  row.campaign = campaign;
  return row;
}

}  // namespace weft::test
