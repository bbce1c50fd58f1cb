#include "bootstrap/launch_exchange.h"

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

#include "base/assert.h"
#include "bootstrap/pmi1.h"

namespace weft {
namespace {

constexpr int64_t kFarewellMs = 1000;

// This process's conversation with its process manager: opened by the first exchange, ended with the process.
class Pmi1OfProcess {
 public:
  ~Pmi1OfProcess() {
    // A forked child must not take leave in its parent's name. A manager that does not answer ends us anyway.
    if (pmi_ && owner_ == getpid()) static_cast<void>(pmi_->finalize(Deadline::after_ms(kFarewellMs)));
  }
  Expected<std::vector<std::byte>> exchange(int fd, const std::string& name,
                                            const std::optional<std::vector<std::byte>>& mine, Deadline deadline);

 private:
  std::mutex mutex_;
  std::optional<Pmi1> pmi_;
  pid_t owner_ = 0;
};

Status check_no_mpich();

}  // namespace

Expected<std::vector<std::byte>> exchange_from_rank_zero(const Launch& launch,
                                                         std::optional<std::vector<std::byte>> mine,
                                                         Deadline deadline) {
  static std::atomic<uint32_t> exchanges{0};
  static Pmi1OfProcess pmi1;
  WEFT_ASSERT(launch.exchange != Exchange::well_known);
  WEFT_ASSERT((launch.rank == 0) == mine.has_value());
  WEFT_ASSERT(!mine || mine->size() <= kExchangeBytesMax);

  // Entries of both stores are written once; the ranks count alike, since they call in the same order.
  const std::string name = fmt::format("weft.id.{}", exchanges.fetch_add(1, std::memory_order_relaxed));
  if (launch.exchange == Exchange::pmi1) {
    WEFT_TRY(check_no_mpich());
    return pmi1.exchange(launch.pmi_fd.value_or(-1), name, mine, deadline);
  }
  WEFT_TRY_ASSIGN(auto* client, PmixClient::of_process());
  return client->exchange(name, std::move(mine), deadline);
}

namespace {

Expected<std::vector<std::byte>> Pmi1OfProcess::exchange(int fd, const std::string& name,
                                                         const std::optional<std::vector<std::byte>>& mine,
                                                         Deadline deadline) {
  std::lock_guard lock(mutex_);
  if (!pmi_) {
    WEFT_TRY_ASSIGN(pmi_, Pmi1::open(fd, deadline));
    owner_ = getpid();
  }
  if (mine) WEFT_TRY(pmi_->put(name, *mine, deadline));
  WEFT_TRY(pmi_->barrier(deadline));
  if (mine) return *mine;
  return pmi_->get(name, deadline);
}

Status check_no_mpich() {
  // By name and not by symbol: Python loads its MPI where symbols of other libraries do not see it.
  for (const char* library : {"libmpich.so.12", "libmpi.so.12"}) {
    void* const loaded = dlopen(library, RTLD_NOW | RTLD_NOLOAD);
    if (loaded == nullptr) continue;
    dlclose(loaded);
    return error(
        Code::invalid_usage,
        "{} is loaded in this process and owns PMI_FD: make a unique id on rank 0 (weftGetUniqueId), send it with "
        "MPI_Bcast, and join with weftCommInitRank",
        library);
  }
  return {};
}

}  // namespace
}  // namespace weft
