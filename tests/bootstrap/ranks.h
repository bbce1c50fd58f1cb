// Ranks for tests of the bootstrap: threads or forked processes, each with a verdict; a wall limit ends what hangs.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dirent.h>

#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "bootstrap/control.h"
#include "bootstrap/join.h"
#include "bootstrap/membership.h"
#include "bootstrap/root.h"

namespace weft::test {

inline constexpr int64_t kWallMs = 40'000;

// Memory that forked ranks share with each other and with the test.
template <typename T>
class Shared {
 public:
  Shared() : memory_(new (mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T()) {}
  ~Shared() { munmap(static_cast<void*>(memory_), sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() { return memory_; }
  T& operator*() { return *memory_; }

 private:
  T* memory_;
};

// All `count` parties come, then all go on. Works between processes if it lies in Shared memory.
class Barrier {
 public:
  void init(int count) {
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&barrier_, &attributes, static_cast<unsigned>(count));
  }
  void wait() { pthread_barrier_wait(&barrier_); }

 private:
  pthread_barrier_t barrier_;
};

using RankBody = std::function<std::string(int)>;

// A whole line is a verdict, however the process ended after it.
inline std::string verdict_of(const std::string& said, bool hung, int status) {
  if (said.ends_with('\n')) return said.substr(0, said.size() - 1);
  if (hung) return "hung";
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

// A child's verdict, or how it ended: "killed by signal 9", "exit code 1", "hung".
inline std::vector<std::string> run_processes(int count, const RankBody& body) {
  std::fflush(stdout);  // Else every child would print it again.
  std::vector<pid_t> children;
  std::vector<OwnedFd> pipes;
  for (int rank = 0; rank < count; ++rank) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      const std::string verdict = body(rank) + "\n";
      if (write(ends[1], verdict.data(), verdict.size()) < 0) _exit(2);
      _exit(0);
    }
    close(ends[1]);
    children.push_back(child);
    pipes.emplace_back(ends[0]);
  }
  const Deadline wall = Deadline::after_ms(kWallMs);
  std::vector<std::string> verdicts;
  for (int rank = 0; rank < count; ++rank) {
    std::string said;
    pollfd one{pipes[static_cast<size_t>(rank)].get(), POLLIN, 0};
    while (!said.ends_with('\n') && poll(&one, 1, static_cast<int>(wall.left_ms(kWallMs))) > 0) {
      char buffer[4096];
      const ssize_t got = read(one.fd, buffer, sizeof buffer);
      if (got <= 0) break;
      said.append(buffer, static_cast<size_t>(got));
    }
    const bool hung = wall.passed();
    if (hung) kill(children[static_cast<size_t>(rank)], SIGKILL);
    int status = 0;
    waitpid(children[static_cast<size_t>(rank)], &status, 0);
    verdicts.push_back(verdict_of(said, hung, status));
  }
  return verdicts;
}

inline std::vector<std::string> run_threads(int count, const RankBody& body) {
  std::vector<std::string> verdicts(static_cast<size_t>(count));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] { verdicts[static_cast<size_t>(rank)] = body(rank); });
  }
  for (std::thread& thread : threads) thread.join();
  return verdicts;
}

inline std::vector<std::string> run_ranks(bool processes, int count, const RankBody& body) {
  return processes ? run_processes(count, body) : run_threads(count, body);
}

// Sends a unique id from the rank that draws it to the others.
class IdBoard {
 public:
  explicit IdBoard(int count) { shared_->barrier.init(count); }
  // Every rank calls it; rank 0 brings the id.
  UniqueId exchange(int rank, const UniqueId& of_rank_0) {
    if (rank == 0) shared_->bytes = pack(of_rank_0);
    shared_->barrier.wait();
    return *parse_unique_id(shared_->bytes);
  }
  void barrier() { shared_->barrier.wait(); }

 private:
  struct Content {
    Barrier barrier;
    UniqueIdBytes bytes;
  };
  Shared<Content> shared_;
};

inline JoinRequest request_of(int rank, int nranks) {
  JoinRequest request;
  request.rank = rank;
  request.nranks = nranks;
  request.self.host = "host-" + std::to_string(rank);
  request.self.pid = 1000 + rank;
  const std::string payload = "payload of " + std::to_string(rank);
  request.self.payload.assign(part_of(payload).begin(), part_of(payload).end());
  return request;
}

inline Deadline soon() {
  return Deadline::after_ms(20'000);
}

// A rank with everything that a communicator has of the bootstrap.
struct TestRank {
  Doorbell doorbell;
  std::unique_ptr<Alive> alive;
  std::shared_ptr<Control> control;
  std::unique_ptr<Membership> membership;
  Joined joined;

  // Joins and links; the error's text, or empty.
  std::string come(const UniqueId& id, int rank, int nranks, const std::function<void(Roster&)>& change_roster = {}) {
    auto made = Control::of_process("");
    if (!made) return std::string(made.error().text());
    control = *made;
    JoinRequest request = request_of(rank, nranks);
    request.self = control->describe_self();
    auto all = join(id, request, soon());
    if (!all) return std::string(all.error().text());
    joined = std::move(*all);
    if (change_roster) change_roster(joined.roster);
    alive = std::make_unique<Alive>(nranks, doorbell);
    auto seated =
        Membership::join(control, {joined.communicator, 0, rank, joined.secret, joined.roster, alive.get()}, soon());
    if (!seated) return std::string(seated.error().text());
    membership = std::move(*seated);
    return "";
  }

  // Until the communicator has failed; its text, or "still alive".
  std::string wait_for_failure(int64_t at_most_ms) const {
    const Deadline deadline = Deadline::after_ms(at_most_ms);
    while (!alive->stopped() && !deadline.passed()) {
      Nap nap(alive->doorbell());
      if (!alive->stopped()) nap.sleep(kNapMs);
    }
    return alive->stopped() ? std::string(alive->error().text()) : "still alive";
  }
  bool wait_for_departure(int rank, int64_t at_most_ms) const {
    const Deadline deadline = Deadline::after_ms(at_most_ms);
    while (!alive->has_departed(rank) && !deadline.passed()) {
      Nap nap(alive->doorbell());
      if (!alive->has_departed(rank)) nap.sleep(kNapMs);
    }
    return alive->has_departed(rank);
  }
};

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Open descriptors, threads, or lines of a file of this process in /proc.
inline int count_entries(const std::string& folder) {
  int count = 0;
  DIR* const all = opendir(folder.c_str());
  while (readdir(all) != nullptr) ++count;
  closedir(all);
  return count;
}
inline int count_lines(const std::string& path) {
  std::ifstream file(path);
  int count = 0;
  for (std::string line; std::getline(file, line);) ++count;
  return count;
}

}  // namespace weft::test
