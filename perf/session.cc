#include "session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "commit.h"
#include "progress.h"

namespace weft::perf {
namespace {

// Before the hop is measured the other ranks fall silent; while it is, they sleep.
constexpr auto kHush = std::chrono::milliseconds(10);
constexpr auto kSleep = std::chrono::milliseconds(80);

struct Seat {
  std::string host;
  int pid = 0, processor = 0;
};

// Part of one rank's run; holds what the steps share.
class Run {
 public:
  Run(Session& session, Member& member) : session_(session), flags_(session.flags), member_(member) {}
  Status go();

 private:
  bool prints() const { return member_.rank() == 0; }
  Status print_head();
  Expected<std::vector<Seat>> gather_seats();
  Status probe_hop(std::optional<Hop>& hop, std::string& line);
  Status run_type(DataType type);
  Status run_case(const Case& what, Columns& columns, const Buffers& buffers);
  Status run_row(Row& row);
  void print(std::string_view text);
  Status finish();

  Session& session_;
  const Flags& flags_;
  Member& member_;
  Report report_;
  std::optional<Progress> progress_;  // rank 0 only
  double bus_bandwidths_ = 0;
  size_t measurements_ = 0;
};

std::vector<int> roots_of(const Flags& flags, Collective collective, int ranks) {
  if (!is_rooted(collective)) return {0};
  if (flags.root) return {*flags.root};
  std::vector<int> roots;
  for (int root = 0; root < ranks; ++root) roots.push_back(root);
  return roots;
}

std::vector<Operator> operators_of(const Flags& flags, Collective collective) {
  return is_reduction(collective) ? flags.operators : std::vector{Operator::sum};
}

std::string hop_line(const Expected<Hop>& hop) {
  if (!hop) return fmt::format("# hop   not measured: {}\n", hop.error().text());
  return fmt::format("# hop   {:.0f} ns one way between processors {} and {} (median; least {:.0f}, most {:.0f})\n",
                     hop->ns.median, hop->from, hop->to, hop->ns.least, hop->ns.most);
}

// The processor of another rank of rank 0's host. Ranks that are not pinned may sit on the same one at the moment: then
// any other that rank 0 may use.
std::optional<int> partner_of(const std::vector<Seat>& seats) {
  for (const Seat& seat : seats)
    if (seat.host == seats[0].host && seat.processor != seats[0].processor) return seat.processor;
  for (const int processor : allowed_processors())
    if (processor != seats[0].processor) return processor;
  return std::nullopt;
}

Status Run::go() {
  if (flags_.root && *flags_.root >= member_.ranks() && is_rooted(session_.collective))
    return error(Code::invalid_usage, "--root {} is not a rank: there are {}, from 0", *flags_.root, member_.ranks());
  WEFT_TRY(print_head());
  if (prints()) {
    const size_t roots = roots_of(flags_, session_.collective, member_.ranks()).size();
    progress_.emplace(static_cast<size_t>(flags_.cycles) * flags_.types.size() *
                      operators_of(flags_, session_.collective).size() * roots * sizes_of(flags_).size());
  }
  for (const DataType type : flags_.types) WEFT_TRY(run_type(type));
  return finish();
}

Status Run::print_head() {
  int version = 0;
  WEFT_TRY(member_.passed(weftGetVersion(&version), "weftGetVersion"));
  WEFT_TRY_ASSIGN(const auto seats, gather_seats());
  std::string hop;
  WEFT_TRY(probe_hop(report_.hop_before, hop));
  report_.machine = this_machine();
  report_.library_version = version;
  print(fmt::format("# weft-perf commit {} weft-headers={} weft-library={}\n# Collective test starting: {}\n", kCommit,
                    WEFT_VERSION_CODE, version, session_.program));
  print(settings_line(flags_));
  if (flags_.blocking == Blocking::barrier_each_call) print("# Blocking: a barrier after each call, timed with it\n");
  if (flags_.blocking == Blocking::barrier_each_iteration)
    print("# Blocking: a barrier after each iteration, not timed\n");
  print("# inputs are written before timing and before each check, not between timed iterations\n#\n# Using devices\n");
  for (size_t rank = 0; rank < seats.size(); ++rank) {
    print(participant_line({static_cast<int>(rank), seats[rank].pid, seats[rank].host,
                            fmt::format("{} processor {}", report_.machine.processor, seats[rank].processor)}));
  }
  print(hop);
  print(table_head(flags_.report_cpu_time));
  return {};
}

Expected<std::vector<Seat>> Run::gather_seats() {
  WEFT_TRY_ASSIGN(const auto texts,
                  member_.gather(fmt::format("{} {} {}", getpid(), current_processor(), this_machine().host)));
  std::vector<Seat> seats;
  for (const std::string& text : texts) {
    Seat seat;
    char host[Member::kTextBytes];
    if (std::sscanf(text.c_str(), "%d %d %255s", &seat.pid, &seat.processor, host) != 3)
      return error(Code::internal_error, "a rank introduced itself as \"{}\"", text);
    seat.host = host;
    seats.push_back(seat);
  }
  return seats;
}

// Seats are asked for anew: ranks that are not pinned move.
Status Run::probe_hop(std::optional<Hop>& hop, std::string& line) {
  WEFT_TRY_ASSIGN(const auto seats, gather_seats());
  std::this_thread::sleep_for(prints() ? kHush : kSleep);
  if (prints()) {
    const std::optional<int> partner = partner_of(seats);
    const Expected<Hop> measured =
        partner ? measure_hop(seats[0].processor, *partner)
                : error(Code::system_error, "rank 0 may run on one processor only, and so do the others");
    if (measured) hop = *measured;
    line = hop_line(measured);
  }
  return member_.barrier();
}

Status Run::run_type(DataType type) {
  WEFT_TRY_ASSIGN(const Buffers buffers, Buffers::make(flags_));
  for (const Operator op : operators_of(flags_, session_.collective)) {
    for (const int root : roots_of(flags_, session_.collective, member_.ranks())) {
      const Case what{session_.collective, type, op, root, member_.ranks(), member_.rank()};
      Columns columns(what, measurements_);
      WEFT_TRY(run_case(what, columns, buffers));
    }
  }
  return {};
}

Status Run::run_case(const Case& what, Columns& columns, const Buffers& buffers) {
  std::vector<Row> rows;
  for (const size_t bytes : sizes_of(flags_)) rows.emplace_back(member_, flags_, what, columns, buffers, bytes);
  for (Row& row : rows) WEFT_TRY(row.warm_up());
  for (int cycle = 0; cycle < flags_.cycles; ++cycle)
    for (Row& row : rows) WEFT_TRY(run_row(row));
  return {};
}

Status Run::run_row(Row& row) {
  const RowHead head = row.head();
  if (progress_) progress_->at(measurements_ / 2, fmt::format("{} bytes", head.bytes));
  ReportRow result{.head = head, .out_of_place = {}, .in_place = {}};
  WEFT_TRY_ASSIGN(result.out_of_place, row.measure(false));
  WEFT_TRY_ASSIGN(result.in_place, row.measure(true));
  for (const Measured* half : {&result.out_of_place, &*result.in_place}) {
    bus_bandwidths_ += half->measurement.bandwidth.bus;
    report_.failed_checks += half->measurement.wrong.value_or(0) != 0 ? 1 : 0;
    ++measurements_;
  }
  print(row_head(head) + row_half(result.out_of_place.measurement, flags_.report_cpu_time) +
        row_half(result.in_place->measurement, flags_.report_cpu_time) + "\n");
  report_.rows.push_back(std::move(result));
  return {};
}

void Run::print(std::string_view text) {
  if (!prints()) return;
  if (progress_) progress_->clear();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

Status Run::finish() {
  std::string hop;
  WEFT_TRY(probe_hop(report_.hop_after, hop));
  print(hop);
  report_.average_bus_bandwidth = bus_bandwidths_ / static_cast<double>(measurements_);
  print(table_foot(report_.failed_checks, report_.average_bus_bandwidth, session_.program));
  if (report_.failed_checks != 0) session_.any_wrong.store(true);
  if (!prints() || flags_.json_path.empty()) return {};
  report_.program = session_.program;
  report_.collective = name_of(session_.collective);
  report_.commit = kCommit;
  report_.command = session_.command;
  report_.ranks = member_.ranks();
  report_.flags = flags_;
  return write_file(flags_.json_path, json_of(report_));
}

}  // namespace

Status Session::run(Member& member) {
  return Run(*this, member).go();
}

}  // namespace weft::perf
