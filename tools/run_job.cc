#include "tools/run_job.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace weft::tools {
namespace {

// A rank that got our SIGINT or SIGTERM may need a while for a checkpoint.
constexpr double kCheckpointSeconds = 10;
constexpr int kPromptMs = 50;        // a line's beginning goes on after so long without its end
constexpr int kLeftoverMs = 1000;    // for processes that hold the pipes of a rank which has ended
constexpr double kKillSeconds = 10;  // SIGKILL takes as long as the kernel needs, which may be for ever (a dead disk)
constexpr int kTimedOut = 124;       // as timeout(1) has it
constexpr int kOwnFailure = 125;
constexpr int kNapMs = 60'000;

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

Deadline after_seconds(double seconds) {
  return Deadline::after_ms(static_cast<int64_t>(seconds * 1e3));
}

}  // namespace

Job::Job(const RunOptions& options, OwnedFd signals)
    : options_(options), signals_(std::move(signals)), out_(STDOUT_FILENO), err_(STDERR_FILENO) {
  if (options.timeout_s > 0) step_ = after_seconds(options.timeout_s);
}

Job::~Job() {
  for (RankProcess& process : ranks_) {
    process.send_signal(SIGKILL);
    process.reap();
  }
}

Status Job::start(const std::vector<RankPlan>& plans, const std::string& name) {
  WEFT_TRY(flights_.open(name, options_.nranks));
  for (const RankPlan& plan : plans) {
    WEFT_TRY_ASSIGN(RankProcess process, start_rank(plan));
    const bool bare = options_.prefix == Prefix::never || (options_.prefix == Prefix::automatic && plan.rank == 0);
    const std::string prefix = bare ? "" : fmt::format("[{}] ", plan.rank);
    streams_.emplace_back(std::move(process.out), out_, prefix);
    streams_.emplace_back(std::move(process.err), err_, prefix);
    ranks_.push_back(std::move(process));
  }
  return {};
}

int Job::supervise() {
  while (running_count() > 0 || (!leaving_ && !output_is_through())) {
    wait_for_events();
    on_sinks();
    if (running_count() == 0) {
      on_all_ended();
    } else if (step_.passed()) {
      if (phase_ == Phase::killed) {
        report(fmt::format("the kernel does not end {} yet; leaving", running_ranks()));
        break;
      }
      on_step();
    }
  }
  if (!options_.trace_dir.empty() && exit_status_.value_or(0) != 0) save_records();
  static_cast<void>(err_.drain());
  return exit_status_.value_or(0);
}

// One poll, and each event to its place.
void Job::wait_for_events() {
  std::vector<pollfd> entries = {{signals_.get(), POLLIN, 0}};
  std::vector<RankProcess*> watched;
  std::vector<Stream*> readable;
  bool prompt = false;
  for (RankProcess& process : ranks_) {
    if (process.ended) continue;
    entries.push_back({process.pidfd.get(), POLLIN, 0});
    watched.push_back(&process);
  }
  for (Stream& stream : streams_) {
    prompt = prompt || stream.holds_prompt();
    if (!stream.open() || stream.sink().full()) continue;
    entries.push_back({stream.fd(), POLLIN, 0});
    readable.push_back(&stream);
  }
  for (const Sink* sink : {&out_, &err_}) {
    if (sink->full()) entries.push_back({sink->fd(), POLLOUT, 0});
  }
  entries.push_back({flights_.fd(), POLLIN, 0});

  const int64_t timeout_ms = leftovers_.left_ms(step_.left_ms(prompt ? kPromptMs : kNapMs));
  if (::poll(entries.data(), entries.size(), static_cast<int>(timeout_ms)) == 0 && prompt) {
    for (Stream& stream : streams_) {
      if (stream.holds_prompt()) stream.pass_prompt();
    }
    return;
  }
  flights_.collect();  // before the ends: what a rank handed in tells how it ended
  // Output first: the last words of a rank come before the report of its end.
  const size_t first_stream = 1 + watched.size();
  for (size_t i = 0; i < readable.size(); ++i) {
    if (entries[first_stream + i].revents != 0) readable[i]->pump();  // each once a round: none starves another
  }
  for (size_t i = 0; i < watched.size(); ++i) {
    if (entries[1 + i].revents != 0) on_end(*watched[i]);
  }
  if (entries[0].revents != 0) on_signal();
}

void Job::on_end(RankProcess& process) {
  process.ended = true;
  const Ending ending = process.ending();
  if (ending.good() || phase_ != Phase::running) return;
  exit_status_ = ending.exit_status();
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  report(fmt::format("rank {} (pid {}, host {}) left first, {}, {:.1f} s after start", process.rank, process.pid,
                     host_name(), ending.text(), seconds));
  report_operations();
  enter(Phase::grace, options_.grace_s);
}

// A signal of the terminal has reached the rank in our process group already.
void Job::on_signal() {
  signalfd_siginfo told{};
  if (::read(signals_.get(), &told, sizeof told) != sizeof told) return;
  const int signal = static_cast<int>(told.ssi_signo);
  exit_status_ = exit_status_.value_or(128 + signal);
  if (running_count() == 0 || phase_ == Phase::signalled || phase_ == Phase::killed) {
    leaving_ = true;
    signal_running(SIGKILL, true);
    return enter(Phase::killed, kKillSeconds);
  }
  signal_running(signal, told.ssi_code != SI_KERNEL);
  enter(Phase::signalled, kCheckpointSeconds);
}

void Job::on_step() {
  if (phase_ == Phase::running) {
    exit_status_ = kTimedOut;
    report(
        fmt::format("SIGTERM to {}, still running {} s after start (--timeout)", running_ranks(), options_.timeout_s));
    report_operations();
  } else if (phase_ == Phase::grace) {
    report(fmt::format("SIGTERM to {}, still running {} s later (--grace)", running_ranks(), options_.grace_s));
  } else {
    report(fmt::format("SIGKILL to {}, which did not end", running_ranks()));
    signal_running(SIGKILL, true);
    return enter(Phase::killed, kKillSeconds);
  }
  signal_running(SIGTERM, true);
  enter(Phase::terminated, options_.grace_s);
}

void Job::on_sinks() {
  for (Sink* sink : {&out_, &err_}) {
    if (const Status status = sink->drain(); !status.ok()) on_sink_failure(status);
  }
}

// As a program in a pipeline does whose reader has left.
void Job::on_sink_failure(const Status& failure) {
  if (phase_ != Phase::running && phase_ != Phase::grace) return;
  const bool reader_left = failure.code() == Code::remote_error;
  if (!reader_left) report(std::string(failure.text()));
  exit_status_ = exit_status_.value_or(reader_left ? 128 + SIGPIPE : kOwnFailure);
  signal_running(SIGTERM, true);
  enter(Phase::terminated, options_.grace_s);
}

// What is in the pipes is passed on at the speed of our reader; then processes that ranks have left behind hold them
// for a while at most.
void Job::on_all_ended() {
  step_ = Deadline::never();
  if (leftovers_.is_never() || out_.full() || err_.full()) leftovers_ = Deadline::after_ms(kLeftoverMs);
  if (!leftovers_.passed()) return;
  for (Stream& stream : streams_) {
    if (stream.open()) stream.close();
  }
}

void Job::enter(Phase phase, double seconds) {
  phase_ = phase;
  step_ = after_seconds(seconds);
}

void Job::signal_running(int signal, bool also_terminal_group) {
  for (const RankProcess& process : ranks_) {
    if (!process.ended && (process.own_group || also_terminal_group)) process.send_signal(signal);
  }
}

void Job::report(const std::string& text) {
  err_.append(fmt::format("weft: {}\n", text));
}

void Job::report_operations() {
  for (const std::string& sentence : flights_.sentences()) report(sentence);
}

void Job::save_records() {
  const auto saved = flights_.save(options_.trace_dir);
  if (!saved) return report(std::string(saved.error().text()));
  if (*saved > 0) report(fmt::format("{} flight records are in {}; weft trace reads them", *saved, options_.trace_dir));
}

std::string Job::running_ranks() const {
  std::string text;
  for (const RankProcess& process : ranks_) {
    if (!process.ended) text += fmt::format("{}{}", text.empty() ? "" : ",", process.rank);
  }
  return fmt::format("rank{} {}", running_count() == 1 ? "" : "s", text);
}

size_t Job::running_count() const {
  return static_cast<size_t>(std::ranges::count_if(ranks_, [](const RankProcess& process) { return !process.ended; }));
}

bool Job::output_is_through() const {
  return !out_.full() && !err_.full() &&
         std::ranges::none_of(streams_, [](const Stream& stream) { return stream.open(); });
}

}  // namespace weft::tools
