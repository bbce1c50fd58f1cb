#include "tools/run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/assert.h"
#include "base/environment.h"
#include "bootstrap/launch_variables.h"
#include "tools/run_job.h"

namespace weft::tools {
namespace {

// A rank costs a process here and three descriptors of ours, of which a shell by default allows 1024.
constexpr int kLocalRanksMax = 256;
constexpr int kOwnFailure = 125, kCannotRun = 127;  // as env(1) has them

constexpr const char* kFooter =
    "Every rank sees WEFT_RANK, WEFT_NRANKS, WEFT_LOCAL_RANK, WEFT_LOCAL_SIZE, WEFT_JOB and WEFT_SECRET, and nothing "
    "of a\n"
    "launcher around weft run. Rank 0 reads standard input; the others read nothing. Processors are not bound.\n\n"
    "When a rank fails, the others have the grace time to report what they saw, then get SIGTERM, then SIGKILL. A rank "
    "that\n"
    "exits with 0 ends nobody else. The report names the collective that each rank was in; weft trace reads more of it "
    "from\n"
    "the files of --trace-dir. SIGINT, SIGTERM and SIGHUP are passed to all ranks; the second one kills them.\n\n"
    "Exit status: 0 when all ranks exited with 0; that of the rank that failed first (128 + number, if by a signal);\n"
    "128 + number of a signal to weft run; 124 after --timeout; 125 when weft run itself failed; 127 when the program "
    "cannot\n"
    "be executed; 2 for wrong usage.\n\n"
    "Example:\n  weft run -n 4 ./train --epochs 3";

// The usage line of this version of CLI11 cannot be set in any other way.
class RunFormatter : public CLI::Formatter {
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: weft run -n N [OPTIONS] PROGRAM [ARGUMENTS]\n";
  }
};

Expected<OwnedFd> block_signals();
void open_standard_descriptors();
std::vector<RankPlan> plan_ranks(const RunOptions& options, const std::string& job);
std::map<std::string, std::string, std::less<>> common_environment(const std::string& job, int nranks);
std::string random_hex(size_t bytes);

}  // namespace

CLI::App* add_run(CLI::App& app, RunOptions& options) {
  CLI::App* const run = app.add_subcommand("run", "Start a program as several ranks on this host");
  run->add_option("-n,--nranks", options.nranks, "How many ranks")
      ->required()
      ->type_name("N")
      ->check([](const std::string& text) -> std::string {
        if (parse_number(text, 1, kLocalRanksMax)) return "";
        return fmt::format("\"{}\" is not a number from 1 to {}, the most processes that weft run starts on one host",
                           text, kLocalRanksMax);
      });
  run->add_option("--timeout", options.timeout_s, "End the job after this time; 0: no limit")
      ->check(CLI::Range(0.0, 1e9))
      ->type_name("SECONDS")
      ->capture_default_str();
  run->add_option("--grace", options.grace_s,
                  "Time for the other ranks after one has failed, and again between SIGTERM and SIGKILL")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("SECONDS")
      ->capture_default_str();
  run->add_option(
         "--prefix", options.prefix,
         "Whose lines begin with \"[rank] \": auto: all but rank 0's, whose output stays as it is; always; never")
      ->transform(CLI::Transformer(std::map<std::string, Prefix>{
          {"auto", Prefix::automatic}, {"always", Prefix::always}, {"never", Prefix::never}}))
      ->option_text("auto|always|never [auto]");
  run->add_option("--trace-dir", options.trace_dir, "Where the flight records of all ranks go when the job fails")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  run->formatter(std::make_shared<RunFormatter>());
  run->footer(kFooter);
  return run;
}

std::vector<std::string> split_off_program(const CLI::App& run_command, std::vector<std::string>& arguments) {
  size_t first = 0;
  while (first < arguments.size() && arguments[first].starts_with('-') && arguments[first] != "--") {
    const CLI::Option* const option = run_command.get_option_no_throw(arguments[first]);
    first += option != nullptr && option->get_expected_max() > 0 ? 2 : 1;
  }
  first = std::min(first, arguments.size());
  const bool marked = first < arguments.size() && arguments[first] == "--";
  std::vector<std::string> program(arguments.begin() + static_cast<ptrdiff_t>(first + (marked ? 1 : 0)),
                                   arguments.end());
  arguments.resize(first);
  return program;
}

int run(const RunOptions& options) {
  open_standard_descriptors();
  auto signals = block_signals();
  if (!signals) {
    fmt::print(stderr, "weft: {}\n", signals.error().text());
    return kOwnFailure;
  }
  const std::string name = fmt::format("weft-{}-{}", getpid(), random_hex(4));
  fmt::print(stderr, "weft {}  {} rank{} on 1 host  job {}\n", WEFT_VERSION, options.nranks,
             options.nranks == 1 ? "" : "s", name);
  Job job(options, std::move(*signals));
  if (const Status status = job.start(plan_ranks(options, name), name); !status.ok()) {
    fmt::print(stderr, "weft: {}\n", status.text());
    return status.code() == Code::invalid_argument ? kCannotRun : kOwnFailure;
  }
  return job.supervise();
}

namespace {

// A signal that we were started to ignore (nohup) stays ignored.
Expected<OwnedFd> block_signals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&wanted, number);
  }
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  OwnedFd fd(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return error(Code::resource, "signalfd: {}", errno_text(errno));
  return fd;
}

// Where one is closed, our pipes would take its number.
void open_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) close(fd);
}

// No port: ranks of one host meet at a socket named after WEFT_JOB, so there is no race for a number.
std::vector<RankPlan> plan_ranks(const RunOptions& options, const std::string& job) {
  auto environment = common_environment(job, options.nranks);
  std::vector<RankPlan> plans;
  for (int rank = 0; rank < options.nranks; ++rank) {
    environment["WEFT_RANK"] = environment["WEFT_LOCAL_RANK"] = fmt::format("{}", rank);
    RankPlan plan;
    plan.rank = rank;
    plan.command = &options.command;
    for (const auto& [name, value] : environment) plan.environment.push_back(fmt::format("{}={}", name, value));
    plan.keeps_stdin = rank == 0;
    plan.own_group = rank != 0 || isatty(STDIN_FILENO) == 0;
    plans.push_back(std::move(plan));
  }
  return plans;
}

std::map<std::string, std::string, std::less<>> common_environment(const std::string& job, int nranks) {
  auto environment = Environment::of_process().all();
  for (const std::string_view name : variables_of_launchers()) environment.erase(std::string(name));
  environment["WEFT_NRANKS"] = environment["WEFT_LOCAL_SIZE"] = fmt::format("{}", nranks);
  environment["WEFT_JOB"] = job;
  environment["WEFT_SECRET"] = random_hex(32);
  environment["WEFT_TRACE_SOCKET"] = job;
  return environment;
}

std::string random_hex(size_t bytes) {
  std::string drawn(bytes, '\0');
  WEFT_ASSERT(getrandom(drawn.data(), bytes, 0) == static_cast<ssize_t>(bytes));  // never short below 256 bytes
  std::string text;
  for (const char byte : drawn) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

}  // namespace
}  // namespace weft::tools
