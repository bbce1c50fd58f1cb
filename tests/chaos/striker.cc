#include "chaos/striker.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>

#include "api/failure.h"
#include "base/random.h"
#include "chaos/flight_watch.h"

namespace weft::test {
namespace {

constexpr useconds_t kRunUs = 20'000, kSoonUs = 2'000, kAtOnceUs = 100;
constexpr int kPatienceMs = 20'000;  // with what takes milliseconds

// A child of the same parent, which reaps it: so it is held before it dies.
class Victim {
 public:
  explicit Victim(int rank)
      : pid_(rank_pid(rank)), process_(static_cast<int>(syscall(SYS_pidfd_open, rank_pid(rank), 0))) {
    EXPECT_TRUE(process_.valid());
  }
  pid_t pid() const { return pid_; }
  void await_end() const {
    pollfd wanted{process_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&wanted, 1, kPatienceMs), 1) << "the victim goes on living";
  }

 private:
  pid_t pid_;
  OwnedFd process_;
};

void pass_time(Random& random, useconds_t at_most_us) {
  usleep(static_cast<useconds_t>(random.below(at_most_us)));
}

// Their flight recorders, when all have joined and run for a drawn while.
FlightWatch watch_running_ranks(const Job& job, Random& random) {
  FlightWatch watch(inbox_name(getpid()));
  shared_word(kWatching).store(1);
  watch.collect(job.ranks);
  await_word(kJoined, static_cast<uint64_t>(job.ranks));
  pass_time(random, kRunUs);
  return watch;
}

// Until the second victim is where it is to be struck.
void await_the_moment(const Job& job, const Account::Rank& victim, Random& random) {
  const Deadline deadline = Deadline::after_ms(kPatienceMs);
  const auto await = [&](auto&& there) {
    while (!there() && !deadline.passed()) sched_yield();
  };
  if (job.second == Second::together) return;
  if (job.second == Second::shrinking) await([&] { return victim.stage == Stage::shrinking || victim.level > 0; });
  if (job.second == Second::working) await([&] { return victim.stage == Stage::working && victim.level > 0; });
  pass_time(random, job.second == Second::shrinking ? kAtOnceUs : kSoonUs);
}

void blow(const Job& job, const Victim& victim, const Account::Rank& where, Account::Blow& blow) {
  blow.stage = where.stage;
  blow.level = where.level;
  blow.us = now_us();
  inflict(job.fault, victim.pid());
}

char state_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(") ");
  return name_end == std::string::npos ? '?' : line[name_end + 2];
}

}  // namespace

void strike(const Job& job, Account& account) {
  Random random(mix64(job.seed) + 1);
  const FlightWatch watch = watch_running_ranks(job, random);
  std::vector<Victim> victims;
  for (const int rank : job.victims) victims.emplace_back(rank);
  for (size_t i = 0; i < victims.size(); ++i) {
    const Account::Rank& where = account.ranks[static_cast<size_t>(job.victims[i])];
    if (i > 0) await_the_moment(job, where, random);
    blow(job, victims[i], where, account.blows[i]);
  }
  for (const Victim& victim : victims) victim.await_end();
  account.inside = watch.died_inside(job.victims.front());
}

void begin(const Job& job) {
  Random random(mix64(job.seed) + 1);
  watch_running_ranks(job, random);
}

void halt(pid_t process) {
  EXPECT_EQ(kill(process, SIGSTOP), 0);
  const Deadline deadline = Deadline::after_ms(kPatienceMs);
  while (state_of(process) != 'T' && !deadline.passed()) sched_yield();
  EXPECT_EQ(state_of(process), 'T');
}

void resume(pid_t process) {
  EXPECT_EQ(kill(process, SIGCONT), 0);
}

}  // namespace weft::test
