// The supervision of a job's ranks, from the first start to the last end: one thread, one poll over everything that can
// happen (a signal to us, the end of a rank, output, a sink that drains, a time).
#pragma once

#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/fd.h"
#include "base/status.h"
#include "tools/flight_box.h"
#include "tools/run.h"
#include "tools/run_output.h"
#include "tools/run_rank.h"

namespace weft::tools {

class Job {
 public:
  // `signals` is a signalfd of SIGINT, SIGTERM and SIGHUP, which are blocked, so that nothing is lost before
  // `supervise`.
  Job(const RunOptions& options, OwnedFd signals);
  ~Job();  // Ends what is left.
  // `name` is where the ranks hand in their flight recorders.
  Status start(const std::vector<RankPlan>& plans, const std::string& name);
  // Returns when all ranks have ended and their output has been passed on; the result is the exit status of `weft run`.
  int supervise();

 private:
  // running -> grace: one rank has failed, the others may say what they saw of it -> terminated (SIGTERM) -> killed.
  // A signal to us is passed on (signalled) and followed by killed. `step_` is when the next one begins.
  enum class Phase { running, grace, terminated, signalled, killed };

  void wait_for_events();
  void on_signal();
  void on_end(RankProcess& process);
  void on_sinks();
  void on_step();
  void on_sink_failure(const Status& failure);
  void on_all_ended();
  void enter(Phase phase, double seconds);
  void signal_running(int signal, bool also_terminal_group);
  void report(const std::string& text);
  void report_operations();
  void save_records();
  std::string running_ranks() const;
  size_t running_count() const;
  bool output_is_through() const;

  const RunOptions& options_;
  OwnedFd signals_;
  Clock::time_point started_ = Clock::now();
  std::vector<RankProcess> ranks_;
  std::list<Stream> streams_;
  Sink out_, err_;
  FlightBox flights_;
  Phase phase_ = Phase::running;
  Deadline step_ = Deadline::never();
  std::optional<int> exit_status_;  // decided by what went wrong first
  bool leaving_ = false;            // the user has asked twice: output is not waited for
  // For what ranks left behind with their pipes; set when all have ended.
  Deadline leftovers_ = Deadline::never();
};

}  // namespace weft::tools
