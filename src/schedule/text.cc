#include "schedule/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace weft {
namespace {

constexpr std::array<std::string_view, 4> kBuffers = {"none", "input", "output", "scratch"};
constexpr std::array<std::string_view, 4> kWaits = {"none", "after ", "after slot ", "after pass "};

std::string ref_text(const Ref& ref) {
  std::string text = fmt::format("{}[{}", kBuffers[static_cast<size_t>(ref.buffer)], ref.chunk);
  const int size = ref.stride < 0 ? -ref.stride : ref.stride;
  if (size != 0) text += fmt::format("{}{}i", ref.stride < 0 ? '-' : '+', size == 1 ? "" : std::to_string(size));
  return text + (ref.mirror != 0 ? "~]" : "]");
}

std::string ports_text(std::string_view word, uint32_t first, uint32_t count) {
  return count == 1 ? fmt::format("{} {}", word, first) : fmt::format("{} {}..{}", word, first, first + count - 1);
}

std::string parts_text(const Step& step) {
  const bool has_source = step.source.buffer != Buffer::none;
  const uint32_t before = has_source ? step.source_at : step.recv_count;
  std::vector<std::string> parts;
  if (before > 0) parts.push_back(ports_text("recv", step.recv_first, before));
  if (has_source) parts.push_back(ref_text(step.source));
  if (step.recv_count > before) parts.push_back(ports_text("recv", step.recv_first + before, step.recv_count - before));
  return fmt::format("{}", fmt::join(parts, " + "));
}

std::string places_text(const Step& step) {
  std::vector<std::string> places;
  if (step.target.buffer != Buffer::none) places.push_back(ref_text(step.target));
  if (step.send_count > 0) places.push_back(ports_text("send", step.send_first, step.send_count));
  return fmt::format("{}", fmt::join(places, ", "));
}

std::string options_text(const Step& step) {
  std::vector<std::string> options;
  if (step.count != 1) options.push_back(fmt::format("count {}", step.count));
  if (step.run != 0) options.push_back(fmt::format("run {}", step.run));
  if (step.gap != 0) options.push_back(fmt::format("gap {}", step.gap));
  if (step.table != 0) options.push_back(fmt::format("table {}", step.table - 1));
  if (step.port_stride != 0) options.push_back(fmt::format("ports {:+}", step.port_stride));
  if ((step.flags & kPairwise) != 0) options.emplace_back("pairwise");
  if ((step.flags & kPreOp) != 0) options.emplace_back("pre");
  if ((step.flags & kPostOp) != 0) options.emplace_back("post");
  if (step.remote.buffer != Buffer::none) options.push_back("remote " + ref_text(step.remote));
  if (step.wait != Wait::none) {
    options.push_back(
        fmt::format("{}lane {} step {}", kWaits[static_cast<size_t>(step.wait)], step.wait_lane, step.wait_step));
  }
  return options.empty() ? "" : fmt::format(" | {}", fmt::join(options, ", "));
}

void print_lane(const Schedule& schedule, const Lane& lane, std::string& text) {
  text += "lane";
  if (lane.window_size != 0) text += fmt::format(" window {} size {}", lane.window_base, lane.window_size);
  text += '\n';
  for (uint32_t i = 0; i < lane.port_count; ++i) {
    const Port& port = schedule.ports[lane.first_port + i];
    text += fmt::format("  port {} rank {} stream {}{}\n", i, port.peer, port.stream,
                        port.kind == PortKind::group ? " group" : "");
  }
  uint32_t body_left = 0;
  for (uint32_t i = 0; i < lane.step_count; ++i) {
    const Step& step = schedule.steps[lane.first_step + i];
    if (step.op == Op::loop) {
      text += fmt::format("  loop {} times {} steps\n", step.wait_step, step.count);
      body_left = step.count;
      continue;
    }
    text += fmt::format("  {}move {} -> {}{}\n", body_left > 0 ? "  " : "", parts_text(step), places_text(step),
                        options_text(step));
    body_left -= body_left > 0;
  }
}

// Reads a text from the front, line by line, one step ahead. The first thing that is not as expected is kept as the
// error; after it everything reads as nothing.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) { next_line(); }

  bool failed() const { return !error_.empty(); }
  Status status() const { return failed() ? Status(Code::invalid_argument, error_) : Status(); }
  bool at_end() const { return failed() || (ended_ && at_line_end()); }
  bool at_line_end() const { return line_.find_first_not_of(' ') == std::string_view::npos; }

  // Takes a word (letters) or a sign, if it comes next.
  bool take(std::string_view word) {
    skip_blanks();
    if (failed() || !line_.starts_with(word)) return false;
    const bool is_word = is_letter(word.back());
    if (is_word && line_.size() > word.size() && is_letter(line_[word.size()])) return false;
    line_.remove_prefix(word.size());
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) fail(fmt::format("\"{}\"", word));
  }
  void expect_line_end() {
    if (!at_line_end()) fail("the end of the line");
    next_line();
  }

  // A whole number of the field's type, within its width.
  template <typename Field>
  Field number() {
    skip_blanks();
    const int64_t least = std::numeric_limits<Field>::min(), most = std::numeric_limits<Field>::max();
    const bool is_negative = least < 0 && line_.starts_with('-');
    size_t at = is_negative || (least < 0 && line_.starts_with('+')) ? 1 : 0;
    const size_t first_digit = at;
    int64_t value = 0;
    for (; at < line_.size() && is_digit(line_[at]) && value <= most; ++at) value = value * 10 + (line_[at] - '0');
    if (is_negative) value = -value;
    if (at == first_digit || value < least || value > most) {
      fail(fmt::format("a number from {} to {}", least, most));
      return 0;
    }
    line_.remove_prefix(at);
    return static_cast<Field>(value);
  }
  bool at_digit() {
    skip_blanks();
    return !failed() && !line_.empty() && is_digit(line_[0]);
  }

  void fail(std::string_view expected) {
    if (failed()) return;
    skip_blanks();
    const std::string_view word = line_.substr(0, line_.find(' '));
    error_ = word.empty() ? fmt::format("line {}: it ends where {} was expected", number_, expected)
                          : fmt::format("line {}: \"{}\" where {} was expected", number_, word, expected);
  }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void skip_blanks() { line_.remove_prefix(std::min(line_.find_first_not_of(' '), line_.size())); }

  void next_line() {
    do {
      ended_ = rest_.empty();
      const size_t end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      number_ += !ended_;
      skip_blanks();
    } while (!ended_ && (line_.empty() || line_[0] == '#'));
  }

  std::string_view rest_, line_;
  size_t number_ = 0;
  bool ended_ = false;
  std::string error_;
};

Ref parse_ref(Scanner& scan) {
  Ref ref;
  for (const Buffer buffer : {Buffer::input, Buffer::output, Buffer::scratch}) {
    if (ref.buffer == Buffer::none && scan.take(kBuffers[static_cast<size_t>(buffer)])) ref.buffer = buffer;
  }
  if (ref.buffer == Buffer::none) return ref;
  scan.expect("[");
  ref.chunk = scan.number<uint32_t>();
  const bool up = scan.take("+");
  if (up || scan.take("-")) {
    const int size = scan.at_digit() ? scan.number<int16_t>() : 1;
    ref.stride = static_cast<int16_t>(up ? size : -size);
    scan.expect("i");
  }
  ref.mirror = scan.take("~") ? 1 : 0;
  scan.expect("]");
  return ref;
}

struct Range {
  uint32_t first = 0;
  uint8_t count = 0;
};

Range parse_ports(Scanner& scan) {
  const auto first = scan.number<uint32_t>();
  if (!scan.take("..")) return {first, 1};
  const auto last = scan.number<uint32_t>();
  if (last <= first || last - first >= 255) scan.fail("a range of 2 to 255 ports before it");
  return {first, static_cast<uint8_t>(last - first + 1)};
}

// Ports before and after the source are one range.
void parse_part(Scanner& scan, Step& step) {
  if (!scan.take("recv")) {
    if (step.source.buffer != Buffer::none) return scan.fail("recv");
    step.source = parse_ref(scan);
    step.source_at = step.recv_count;
    if (step.source.buffer == Buffer::none) scan.fail("recv, input, output or scratch");
    return;
  }
  const Range ports = parse_ports(scan);
  if (step.recv_count != 0 && ports.first != step.recv_first + step.recv_count) {
    return scan.fail(fmt::format("ports that begin at {}", step.recv_first + step.recv_count));
  }
  if (step.recv_count == 0) step.recv_first = ports.first;
  if (step.recv_count + ports.count > 255) return scan.fail("no more than 255 ports");
  step.recv_count = static_cast<uint8_t>(step.recv_count + ports.count);
}

void parse_place(Scanner& scan, Step& step) {
  if (!scan.take("send")) {
    step.target = parse_ref(scan);
    if (step.target.buffer == Buffer::none) scan.fail("send, output or scratch");
    return;
  }
  const Range ports = parse_ports(scan);
  step.send_first = ports.first;
  step.send_count = ports.count;
}

void parse_wait(Scanner& scan, Step& step) {
  step.wait = scan.take("slot") ? Wait::slot : scan.take("pass") ? Wait::back : Wait::step;
  scan.expect("lane");
  step.wait_lane = scan.number<uint8_t>();
  scan.expect("step");
  step.wait_step = scan.number<uint32_t>();
}

void parse_option(Scanner& scan, Step& step) {
  if (scan.take("count")) {
    step.count = scan.number<uint32_t>();
  } else if (scan.take("run")) {
    step.run = scan.number<uint32_t>();
  } else if (scan.take("gap")) {
    step.gap = scan.number<int32_t>();
  } else if (scan.take("table")) {
    step.table = scan.number<uint32_t>() + 1;
  } else if (scan.take("ports")) {
    step.port_stride = scan.number<int8_t>();
  } else if (scan.take("pairwise")) {
    step.flags |= kPairwise;
  } else if (scan.take("pre")) {
    step.flags |= kPreOp;
  } else if (scan.take("post")) {
    step.flags |= kPostOp;
  } else if (scan.take("remote")) {
    step.remote = parse_ref(scan);
  } else if (scan.take("after")) {
    parse_wait(scan, step);
  } else {
    scan.fail("count, run, gap, table, ports, pairwise, pre, post, remote or after");
  }
}

Step parse_move(Scanner& scan) {
  Step step;
  do parse_part(scan, step);
  while (scan.take("+"));
  scan.expect("->");
  do parse_place(scan, step);
  while (scan.take(","));
  if (!scan.take("|")) return step;
  do parse_option(scan, step);
  while (scan.take(","));
  return step;
}

Step parse_loop(Scanner& scan) {
  Step step;
  step.op = Op::loop;
  step.wait_step = scan.number<uint32_t>();
  scan.expect("times");
  step.count = scan.number<uint32_t>();
  scan.expect("steps");
  return step;
}

void parse_port(Scanner& scan, Schedule& schedule, Lane& lane) {
  if (scan.number<uint32_t>() != lane.port_count)
    scan.fail(fmt::format("after port number {}, which is the next,", lane.port_count));
  Port port;
  scan.expect("rank");
  port.peer = scan.number<uint32_t>();
  scan.expect("stream");
  port.stream = scan.number<uint16_t>();
  if (scan.take("group")) port.kind = PortKind::group;
  schedule.ports.push_back(port);
  ++lane.port_count;
}

void parse_lane(Scanner& scan, Schedule& schedule) {
  Lane lane = {static_cast<uint32_t>(schedule.steps.size()), 0, static_cast<uint32_t>(schedule.ports.size()), 0, 0, 0};
  if (scan.take("window")) {
    lane.window_base = scan.number<uint32_t>();
    scan.expect("size");
    lane.window_size = scan.number<uint32_t>();
  }
  scan.expect_line_end();
  while (scan.take("port")) {
    parse_port(scan, schedule, lane);
    scan.expect_line_end();
  }
  while (true) {
    const bool is_move = scan.take("move");
    if (!is_move && !scan.take("loop")) break;
    schedule.steps.push_back(is_move ? parse_move(scan) : parse_loop(scan));
    ++lane.step_count;
    scan.expect_line_end();
  }
  schedule.lanes.push_back(lane);
}

Schedule parse_one(Scanner& scan) {
  Schedule schedule;
  scan.expect("schedule");
  scan.expect("chunks");
  schedule.chunks = scan.number<uint32_t>();
  scan.expect("scratch");
  schedule.scratch_chunks = scan.number<uint32_t>();
  scan.expect("credits");
  schedule.credits_needed = scan.number<uint32_t>();
  scan.expect_line_end();
  if (scan.take("tables")) {
    while (scan.at_digit()) schedule.tables.push_back(scan.number<uint32_t>());
    scan.expect_line_end();
  }
  while (scan.take("lane")) parse_lane(scan, schedule);
  return schedule;
}

}  // namespace

std::string print_schedule(const Schedule& schedule) {
  std::string text = fmt::format("schedule chunks {} scratch {} credits {}\n", schedule.chunks, schedule.scratch_chunks,
                                 schedule.credits_needed);
  if (!schedule.tables.empty()) text += fmt::format("tables {}\n", fmt::join(schedule.tables, " "));
  for (const Lane& lane : schedule.lanes) print_lane(schedule, lane, text);
  return text;
}

std::string print_schedules(std::span<const Schedule> schedules) {
  std::string text;
  for (size_t rank = 0; rank < schedules.size(); ++rank)
    text += fmt::format("rank {}\n{}", rank, print_schedule(schedules[rank]));
  return text;
}

Expected<Schedule> parse_schedule(std::string_view text) {
  Scanner scan(text);
  Schedule schedule = parse_one(scan);
  if (!scan.at_end()) scan.fail("lane, port, move, loop or the end");
  WEFT_TRY(scan.status());
  return schedule;
}

Expected<std::vector<Schedule>> parse_schedules(std::string_view text) {
  Scanner scan(text);
  std::vector<Schedule> schedules;
  while (scan.take("rank")) {
    if (scan.number<uint32_t>() != schedules.size()) scan.fail(fmt::format("rank {}", schedules.size()));
    scan.expect_line_end();
    schedules.push_back(parse_one(scan));
  }
  if (!scan.at_end()) scan.fail("rank, lane, port, move, loop or the end");
  WEFT_TRY(scan.status());
  return schedules;
}

}  // namespace weft
