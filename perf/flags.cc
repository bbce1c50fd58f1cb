#include "flags.h"

#include <getopt.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace weft::perf {
namespace {

constexpr std::array<std::string_view, kDataTypeCount> kTableNames = {
    "int8", "uint8", "int32", "uint32", "int64", "uint64", "half", "float", "double", "bfloat16", "f8e4m3", "f8e5m2"};
constexpr size_t kBytesMax = size_t{1} << 42;
constexpr int kCountMax = 1'000'000'000;

using Setter = Status (*)(Flags&, std::string_view);

struct Row {
  const char* name;
  char letter;  // 0: none
  const char* value;
  const char* text;
  Setter set;
};

Failure refuse(std::string_view value, std::string_view allowed) {
  return error(Code::invalid_usage, "\"{}\" is not {}", value, allowed);
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <auto Field>
Status set_size(Flags& flags, std::string_view value) {
  const auto size = parse_size(value);
  if (!size) return refuse(value, "a size: bytes, or a number with K, M or G, up to 4096G");
  flags.*Field = *size;
  return {};
}

template <auto Field, int Least, int Most>
Status set_number(Flags& flags, std::string_view value) {
  const auto number = parse_number<int>(value);
  if (!number || *number < Least || *number > Most)
    return refuse(value, fmt::format("a whole number from {} to {}", Least, Most));
  using Type = std::remove_reference_t<decltype(flags.*Field)>;
  flags.*Field = static_cast<Type>(*number);
  return {};
}

template <int Only>
Status accept_only(Flags&, std::string_view value) {
  if (parse_number<int>(value) != Only)
    return refuse(value, fmt::format("{}: weft's perf programs run on host memory", Only));
  return {};
}

Status set_types(Flags& flags, std::string_view value) {
  flags.types.clear();
  for (int i = 0; i < kDataTypeCount; ++i) {
    const DataType type = *data_type_of(i);
    if (value == "all" || value == name_of(type) || value == table_name_of(type) || parse_number<int>(value) == i)
      flags.types.push_back(type);
  }
  if (flags.types.empty())
    return refuse(value, fmt::format("all, a number from 0 to {} or one of {}", kDataTypeCount - 1,
                                     fmt::join(kTableNames, ", ")));
  return {};
}

Status set_operators(Flags& flags, std::string_view value) {
  flags.operators.clear();
  for (int i = 0; i < kOperatorCount; ++i) {
    const Operator op = *operator_of(i);
    if (value == "all" || value == name_of(op) || parse_number<int>(value) == i) flags.operators.push_back(op);
  }
  if (flags.operators.empty())
    return refuse(value, fmt::format("all, a number from 0 to {} or one of {}", kOperatorCount - 1,
                                     fmt::join(kOperatorNames, ", ")));
  return {};
}

Status set_root(Flags& flags, std::string_view value) {
  const auto number = parse_number<int>(value);
  if (value != "all" && (!number || *number < -1)) return refuse(value, "a rank, -1 or all");
  flags.root = value == "all" || *number == -1 ? std::nullopt : number;
  return {};
}

Status set_memory(Flags& flags, std::string_view value) {
  if (value != "malloc" && value != "shared") return refuse(value, "malloc or shared (weftMemAlloc)");
  flags.memory = value == "malloc" ? Memory::malloc : Memory::shared;
  return {};
}

Status set_json(Flags& flags, std::string_view value) {
  if (value.empty()) return refuse(value, "the path of a file");
  flags.json_path = value;
  return {};
}

Status set_batch_seconds(Flags& flags, std::string_view value) {
  const auto number = parse_number<double>(value);
  if (!number || !(*number > 0) || *number > 60) return refuse(value, "a number of seconds above 0 and up to 60");
  flags.batch_seconds = *number;
  return {};
}

Status set_help(Flags& flags, std::string_view) {
  flags.help = true;
  return {};
}

constexpr Row kRows[] = {
    {"minbytes", 'b', "size", "first message size (32M)", set_size<&Flags::min_bytes>},
    {"maxbytes", 'e', "size", "last message size (32M)", set_size<&Flags::max_bytes>},
    {"stepbytes", 'i', "size", "from one size to the next, added (1M)", set_size<&Flags::step_bytes>},
    {"stepfactor", 'f', "factor", "from one size to the next, multiplied; above 1 it replaces stepbytes (1)",
     set_number<&Flags::step_factor, 1, kCountMax>},
    {"iters", 'n', "count", "timed iterations (20)", set_number<&Flags::iterations, 1, kCountMax>},
    {"agg_iters", 'm', "count", "calls in each iteration (1)", set_number<&Flags::calls_per_iteration, 1, kCountMax>},
    {"warmup_iters", 'w', "count", "calls of each size before timing (1)",
     set_number<&Flags::warmup_iterations, 0, kCountMax>},
    {"run_cycles", 'N', "count", "runs of the whole table (1)", set_number<&Flags::cycles, 1, kCountMax>},
    {"check", 'c', "count", "checked calls of each row, every element compared; 0 checks nothing (1)",
     set_number<&Flags::checks, 0, kCountMax>},
    {"datatype", 'd', "type", "name, number or all (float)", set_types},
    {"op", 'o', "operator", "sum, prod, max, min, avg, their number, or all (sum)", set_operators},
    {"root", 'r', "rank", "root of broadcast and reduce; -1 or all: each rank in turn (0)", set_root},
    {"nthreads", 't', "count", "ranks, as threads of this process; above 1 without a launcher only (1)",
     set_number<&Flags::threads, 1, 256>},
    {"ngpus", 'g', "count", "must be 1", accept_only<1>},
    {"parallel_init", 'p', "0/1", "with -t: every thread joins by itself (0)", set_number<&Flags::parallel_init, 0, 1>},
    {"blocking", 'z', "0-3", "1: barrier after each call, timed; 3: barrier after each iteration, not timed (0)",
     set_number<&Flags::blocking, 0, 3>},
    {"average", 'a', "0-3", "over ranks: 0 rank 0, 1 mean, 2 least, 3 most (1)", set_number<&Flags::average, 0, 3>},
    {"report_cputime", 'C', "0/1", "processor time of the calling thread instead of time (0)",
     set_number<&Flags::report_cpu_time, 0, 1>},
    {"timeout", 'T', "seconds", "longest wait of one call; 0: as WEFT_TIMEOUT says (0)",
     set_number<&Flags::timeout_s, 0, kCountMax>},
    {"unalign", 'u', "elements", "distance of the buffers from their alignment (0)",
     set_number<&Flags::unalign, 0, 1 << 20>},
    {"stream_null", 'y', "0/1", "must be 0: calls on host memory take no stream", accept_only<0>},
    {"cudagraph", 'G', "count", "must be 0", accept_only<0>},
    {"local_register", 'R', "0", "must be 0; see --memory", accept_only<0>},
    {"memory", 0, "kind", "malloc, or shared: weftMemAlloc (malloc)", set_memory},
    {"json", 'J', "file", "writes rows, batches, machine and commit to a file", set_json},
    {"output_file", 0, "file", "the same as --json", set_json},
    {"batch_seconds", 0, "seconds", "timed batches for the JSON file, each row and placement (0.1)", set_batch_seconds},
    {"help", 'h', nullptr, "this page", set_help},
};

constexpr int kLongOnly = 1000;  // what getopt_long returns for the row at i: its letter, or kLongOnly + i

std::string words_of(const Row& row) {
  return row.letter != 0 ? fmt::format("-{}, --{}", row.letter, row.name) : fmt::format("    --{}", row.name);
}

Status check_together(const Flags& flags) {
  if (flags.min_bytes > flags.max_bytes)
    return error(Code::invalid_usage, "--minbytes {} is above --maxbytes {}", flags.min_bytes, flags.max_bytes);
  if (flags.step_factor > 1 && flags.min_bytes == 0)
    return error(Code::invalid_usage,
                 "--minbytes 0 cannot be multiplied by --stepfactor {}: begin at 1 or more, or use --stepbytes",
                 flags.step_factor);
  if (flags.step_factor == 1 && flags.step_bytes == 0 && flags.min_bytes < flags.max_bytes)
    return error(Code::invalid_usage, "--stepbytes 0 never reaches --maxbytes {}", flags.max_bytes);
  return {};
}

const Row* row_of(int found) {
  for (const Row& row : kRows)
    if (found == (row.letter != 0 ? row.letter : kLongOnly + static_cast<int>(&row - kRows))) return &row;
  return nullptr;
}

}  // namespace

Expected<Flags> parse_flags(std::span<const char* const> arguments) {
  std::vector<std::string> words = {"perf"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  std::string letters = "+:";  // no reordering; a missing value is told from an unknown flag
  std::vector<option> options;
  for (const Row& row : kRows) {
    const int has_value = row.value != nullptr ? required_argument : no_argument;
    options.push_back(
        {row.name, has_value, nullptr, row.letter != 0 ? row.letter : kLongOnly + static_cast<int>(&row - kRows)});
    if (row.letter != 0) letters += std::string(1, row.letter) + (row.value != nullptr ? ":" : "");
  }
  options.push_back({});

  Flags flags;
  optind = 0;  // glibc: start anew
  opterr = 0;
  const int count = static_cast<int>(words.size());
  for (;;) {
    const int at = optind;
    const int found = getopt_long(count, pointers.data(), letters.c_str(), options.data(), nullptr);
    if (found == -1) break;
    const std::string_view word = words[static_cast<size_t>(std::max(at, 1))];
    if (found == '?') return error(Code::invalid_usage, "unknown flag {}", word);
    if (found == ':') return error(Code::invalid_usage, "{} needs a value", word);
    const Row& row = *row_of(found);
    const Status set = row.set(flags, optarg != nullptr ? optarg : "");
    if (!set.ok()) return error(Code::invalid_usage, "{}: {}", words_of(row), set.text());
  }
  if (optind < count)
    return error(Code::invalid_usage, "\"{}\" belongs to no flag", words[static_cast<size_t>(optind)]);
  WEFT_TRY(check_together(flags));
  return flags;
}

std::string usage(std::string_view program) {
  std::string text = fmt::format("usage: {} [flags]\n", program);
  for (const Row& row : kRows) {
    const std::string left = words_of(row) + (row.value != nullptr ? fmt::format(" <{}>", row.value) : "");
    text += fmt::format("  {:<30}  {}\n", left, row.text);
  }
  return text;
}

std::optional<size_t> parse_size(std::string_view text) {
  size_t unit = 1;
  const char last = text.empty() ? '\0' : text.back();
  if (last == 'K' || last == 'k') unit = size_t{1} << 10;
  if (last == 'M' || last == 'm') unit = size_t{1} << 20;
  if (last == 'G' || last == 'g') unit = size_t{1} << 30;
  if (unit > 1) text.remove_suffix(1);
  const auto number = parse_number<double>(text);
  if (!number || !(*number >= 0) || *number * static_cast<double>(unit) > static_cast<double>(kBytesMax))
    return std::nullopt;
  return static_cast<size_t>(*number * static_cast<double>(unit));
}

std::string_view table_name_of(DataType type) {
  return kTableNames[static_cast<size_t>(type)];
}

std::vector<size_t> sizes_of(const Flags& flags) {
  std::vector<size_t> sizes;
  for (size_t size = flags.min_bytes; size <= flags.max_bytes;
       size = flags.step_factor > 1 ? size * flags.step_factor : size + flags.step_bytes) {
    sizes.push_back(size);
    if (size == flags.max_bytes) break;  // also ends a step of 0
  }
  return sizes;
}

}  // namespace weft::perf
