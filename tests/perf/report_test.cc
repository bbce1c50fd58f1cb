#include "perf/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace weft::perf {
namespace {

Report sample() {
  Report report;
  report.program = "all_reduce_perf";
  report.collective = "all_reduce";
  report.commit = "0123abcd";
  report.library_version = 100;
  report.ranks = 4;
  report.command = {"all_reduce_perf", "-b", "8"};
  report.machine = {"node-a", "a processor", "Linux 6", 2};
  report.hop_before = Hop{0, 1, {57, 55, 80}};
  Measured measured{{6.5, 6.25, {0.5, 0.75}, 0}, BatchTimes{{200, 80}, {6.25, 6, 9}}};
  Measured unchecked{{6.5, 6.25, {0.5, 0.75}, std::nullopt}, std::nullopt};
  report.rows.push_back({{8, 2, "float", "sum", -1}, measured, unchecked});
  report.failed_checks = 1;
  report.average_bus_bandwidth = 0.75;
  return report;
}

// a report with one row, checked and with batches in one half, neither in the other
// expect: a document with a schema version, every fact in its field, null where there is none
TEST(PerfReport, schema) {
  const auto json = nlohmann::json::parse(json_of(sample()));
  EXPECT_EQ(json["schema"], "weft-perf");
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["commit"], "0123abcd");
  EXPECT_EQ(json["collective"], "all_reduce");
  EXPECT_EQ(json["ranks"], 4);
  EXPECT_EQ(json["args"], (std::vector<std::string>{"all_reduce_perf", "-b", "8"}));
  EXPECT_EQ(
      json["machine"],
      (nlohmann::json{{"host", "node-a"}, {"processor", "a processor"}, {"processors", 2}, {"kernel", "Linux 6"}}));
  EXPECT_EQ(json["hop_ns"]["before"]["median"], 57);
  EXPECT_EQ(json["hop_ns"]["before"]["processors"], (std::vector<int>{0, 1}));
  EXPECT_TRUE(json["hop_ns"]["after"].is_null());
  EXPECT_EQ(json["config"]["iterations"], 20);
  EXPECT_EQ(json["config"]["step_bytes"], 1 << 20);
  EXPECT_EQ(json["out_of_bounds"], (nlohmann::json{{"count", 1}, {"okay", false}}));
  EXPECT_EQ(json["average_bus_bandwidth"]["bandwidth"], 0.75);
  ASSERT_EQ(json["results"].size(), 1u);
  const auto& row = json["results"][0];
  EXPECT_EQ(row["size"], 8);
  EXPECT_EQ(row["count"], 2);
  EXPECT_EQ(row["type"], "float");
  EXPECT_EQ(row["redop"], "sum");
  EXPECT_EQ(row["root"], -1);
  EXPECT_EQ(row["out_of_place"]["time"], 6.5);
  EXPECT_EQ(row["out_of_place"]["nwrong"], 0);
  EXPECT_EQ(
      row["out_of_place"]["batches"],
      (nlohmann::json{{"count", 200}, {"calls_per_batch", 80}, {"median_us", 6.25}, {"min_us", 6}, {"max_us", 9}}));
  EXPECT_TRUE(row["in_place"]["nwrong"].is_null());
  EXPECT_FALSE(row["in_place"].contains("batches"));
}

// a host whose name is no UTF-8
// expect: still a document
TEST(PerfReport, odd_names) {
  Report report = sample();
  report.machine.host = "caf\xe9";
  EXPECT_TRUE(nlohmann::json::accept(json_of(report)));
}

// a file that can be written, and one that cannot
// expect: the text; an error that names the path
TEST(PerfReport, file) {
  std::string folder = "/tmp/perf-report-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/report.json";
  ASSERT_TRUE(write_file(path, "text\n").ok());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "text\n");
  unlink(path.c_str());
  rmdir(folder.c_str());
  const Status status = write_file(path, "text\n");
  EXPECT_NE(status.text().find(path), std::string::npos);
}

}  // namespace
}  // namespace weft::perf
