// The command line of the perf programs: the flags of nccl-tests, as far as they mean something on host memory.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dtype.h"
#include "base/status.h"

namespace weft::perf {

enum class Average : uint8_t { rank0 = 0, mean = 1, least = 2, most = 3 };
// What happens between calls. A call on host memory always blocks until this rank's part is done.
enum class Blocking : uint8_t { none = 0, barrier_each_call = 1, wait_each_call = 2, barrier_each_iteration = 3 };
enum class Memory : uint8_t { malloc, shared };

struct Flags {
  size_t min_bytes = 32 << 20;
  size_t max_bytes = 32 << 20;
  size_t step_bytes = 1 << 20;
  size_t step_factor = 1;  // above 1: sizes are multiplied by it instead
  int iterations = 20;
  int calls_per_iteration = 1;
  int warmup_iterations = 1;
  int cycles = 1;
  int checks = 1;
  int threads = 1;
  bool parallel_init = false;
  std::vector<DataType> types = {DataType::float32};
  std::vector<Operator> operators = {Operator::sum};
  std::optional<int> root = 0;  // nothing: every rank in turn
  Blocking blocking = Blocking::none;
  Average average = Average::mean;
  bool report_cpu_time = false;
  int timeout_s = 0;   // 0: as WEFT_TIMEOUT says
  size_t unalign = 0;  // elements
  Memory memory = Memory::malloc;
  std::string json_path;       // empty: none
  double batch_seconds = 0.1;  // timed in batches for the JSON file, each row and placement
  bool help = false;
};

// `arguments` without the program's name. An error (invalid_usage) names the flag, the value and what is allowed.
Expected<Flags> parse_flags(std::span<const char* const> arguments);
std::string usage(std::string_view program);

// "4096", "64K", "1.5M", "2G", in either case; nothing if it is no size.
std::optional<size_t> parse_size(std::string_view text);

// The names that nccl-tests prints: half, float, double, f8e4m3, …
std::string_view table_name_of(DataType type);

// All sizes of a run, smallest first.
std::vector<size_t> sizes_of(const Flags& flags);

}  // namespace weft::perf
