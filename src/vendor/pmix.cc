#include "vendor/pmix.h"

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

namespace weft {
namespace {

// Laid out as on every 64-bit machine that PMIx runs on.
static_assert(sizeof(PmixProcess) == 260 && offsetof(PmixProcess, rank) == 256);
static_assert(sizeof(PmixValue) == 32 && offsetof(PmixValue, data) == 8);
static_assert(sizeof(PmixOption) == 552 && offsetof(PmixOption, value) == 520);

// Numbers and names of the standard.
constexpr int kSuccess = 0;
constexpr uint16_t kBool = 1, kUint16 = 13, kUint32 = 14, kByteObject = 27;
constexpr uint8_t kScopeGlobal = 3;
constexpr uint32_t kRankWildcard = UINT32_MAX - 1;

constexpr int64_t kLongestMs = 86'400'000;
constexpr int64_t kFarewellMs = 1000;

// Runs `talk` in a thread without signals and waits for its result until the deadline.
template <typename T>
Expected<T> within(Deadline deadline, std::string_view what, std::function<Expected<T>()> talk) {
  std::packaged_task<Expected<T>()> task(std::move(talk));
  auto answer = task.get_future();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread(std::move(task)).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (answer.wait_for(std::chrono::milliseconds(deadline.left_ms(kLongestMs))) != std::future_status::ready) {
    return error(Code::timeout, "the PMIx server of this job did not finish the {} in time", what);
  }
  return answer.get();
}

}  // namespace

// The conversation, shared by the client and the threads that it talks through.
class PmixClient::Session {
 public:
  explicit Session(const PmixTable& table) : table_(table), owner_(getpid()) {}
  Expected<PmixPlace> ask_place();
  Expected<std::vector<std::byte>> exchange(const std::string& key, const std::optional<std::vector<std::byte>>& mine);
  void close();
  bool is_open() const { return open_.load(std::memory_order_relaxed) && owner_ == getpid(); }

 private:
  Status open();
  Expected<int> number(const char* key, bool of_this_process) const;
  Status publish(const std::string& key, const std::vector<std::byte>& bytes) const;
  Status fence() const;
  Expected<std::vector<std::byte>> bytes_of_rank_zero(const std::string& key) const;
  PmixProcess process(uint32_t rank) const;
  Status check(int status, std::string_view call) const;

  const PmixTable table_;
  const pid_t owner_;
  std::mutex mutex_;  // of each conversation: held as long as the library keeps its thread
  std::atomic<bool> open_{false};
  bool left_ = false;   // guarded by mutex_
  PmixProcess self_{};  // valid when open
};

Expected<PmixTable> load_pmix(const char* library) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return error(
        Code::system_error,
        "cannot load the PMIx library, which this launcher needs ({}): install it (Debian: libpmix2), or put its "
        "folder into LD_LIBRARY_PATH",
        dlerror());
  }
  PmixTable table{};
  const std::pair<const char*, void*> entries[] = {
      {"PMIx_Init", &table.init},
      {"PMIx_Finalize", &table.finalize},
      {"PMIx_Put", &table.put},
      {"PMIx_Commit", &table.commit},
      {"PMIx_Fence", &table.fence},
      {"PMIx_Get", &table.get},
      {"PMIx_Error_string", &table.error_string},
  };
  for (const auto& [name, entry] : entries) {
    void* const function = dlsym(handle, name);
    if (function == nullptr) {
      dlclose(handle);
      return error(Code::system_error, "{} has no function {}: it is not a PMIx library of version 3 or newer", library,
                   name);
    }
    std::memcpy(entry, &function, sizeof function);
  }
  return table;
}

PmixClient::PmixClient(const PmixTable& table) : session_(std::make_shared<Session>(table)) {}

PmixClient::~PmixClient() {
  if (!session_->is_open()) return;
  // A server that does not answer the farewell ends us anyway.
  static_cast<void>(within<bool>(Deadline::after_ms(kFarewellMs), "farewell", [session = session_]() -> Expected<bool> {
    session->close();
    return true;
  }));
}

Expected<PmixClient*> PmixClient::of_process() {
  static const Expected<PmixTable> table = load_pmix("libpmix.so.2");
  if (!table) return failure_of(table.error().copy());
  static PmixClient client(*table);
  return &client;
}

Expected<PmixPlace> PmixClient::ask_place(Deadline deadline) {
  return within<PmixPlace>(deadline, "question for the size of the job",
                           [session = session_] { return session->ask_place(); });
}

Expected<std::vector<std::byte>> PmixClient::exchange(std::string key, std::optional<std::vector<std::byte>> mine,
                                                      Deadline deadline) {
  return within<std::vector<std::byte>>(
      deadline, "exchange of the unique id",
      [session = session_, key = std::move(key), mine = std::move(mine)] { return session->exchange(key, mine); });
}

Expected<PmixPlace> PmixClient::Session::ask_place() {
  const std::lock_guard lock(mutex_);
  WEFT_TRY(open());
  PmixPlace place;
  WEFT_TRY_ASSIGN(place.nranks, number("pmix.job.size", false));
  // Not every server knows the local ones.
  if (const auto rank = number("pmix.lrank", true)) place.local_rank = *rank;
  if (const auto size = number("pmix.local.size", false)) place.local_size = *size;
  return place;
}

Expected<std::vector<std::byte>> PmixClient::Session::exchange(const std::string& key,
                                                               const std::optional<std::vector<std::byte>>& mine) {
  const std::lock_guard lock(mutex_);
  WEFT_TRY(open());
  if (mine) WEFT_TRY(publish(key, *mine));
  WEFT_TRY(fence());
  if (mine) return *mine;
  return bytes_of_rank_zero(key);
}

Status PmixClient::Session::open() {
  if (left_) return error(Code::invalid_usage, "this process has taken leave of its PMIx server already");
  if (open_) return {};
  WEFT_TRY(check(table_.init(&self_, nullptr, 0), "PMIx_Init"));
  open_ = true;
  return {};
}

void PmixClient::Session::close() {
  const std::lock_guard lock(mutex_);
  table_.finalize(nullptr, 0);
  left_ = true;
}

Expected<int> PmixClient::Session::number(const char* key, bool of_this_process) const {
  const PmixProcess target = process(of_this_process ? self_.rank : kRankWildcard);
  PmixValue* value = nullptr;
  WEFT_TRY(check(table_.get(&target, key, nullptr, 0, &value), key));
  const std::unique_ptr<PmixValue, void (*)(void*)> owned(value, std::free);
  if (value->type == kUint32 && value->data.uint32 <= INT32_MAX) return static_cast<int>(value->data.uint32);
  if (value->type == kUint16) return value->data.uint16;
  return error(Code::system_error, "the PMIx server gave {} in a form that is no number (type {})", key, value->type);
}

Status PmixClient::Session::publish(const std::string& key, const std::vector<std::byte>& bytes) const {
  std::vector<std::byte> copy = bytes;
  PmixValue value{};
  value.type = kByteObject;
  value.data.bytes = {reinterpret_cast<char*>(copy.data()), copy.size()};
  WEFT_TRY(check(table_.put(kScopeGlobal, key.c_str(), &value), "PMIx_Put"));
  return check(table_.commit(), "PMIx_Commit");
}

Status PmixClient::Session::fence() const {
  PmixOption collect{};
  std::strcpy(collect.key, "pmix.collect");
  collect.value.type = kBool;
  collect.value.data.flag = true;
  const PmixProcess everyone = process(kRankWildcard);
  return check(table_.fence(&everyone, 1, &collect, 1), "PMIx_Fence");
}

Expected<std::vector<std::byte>> PmixClient::Session::bytes_of_rank_zero(const std::string& key) const {
  const PmixProcess zero = process(0);
  PmixValue* value = nullptr;
  WEFT_TRY(check(table_.get(&zero, key.c_str(), nullptr, 0, &value), "PMIx_Get"));
  const std::unique_ptr<PmixValue, void (*)(void*)> owned(value, std::free);
  if (value->type != kByteObject) {
    return error(Code::system_error, "the PMIx server gave {} in a form that is no bytes (type {})", key, value->type);
  }
  const std::unique_ptr<char, void (*)(void*)> owned_bytes(value->data.bytes.bytes, std::free);
  const auto* first = reinterpret_cast<const std::byte*>(value->data.bytes.bytes);
  return std::vector<std::byte>(first, first + value->data.bytes.size);
}

PmixProcess PmixClient::Session::process(uint32_t rank) const {
  PmixProcess other = self_;
  other.rank = rank;
  return other;
}

Status PmixClient::Session::check(int status, std::string_view call) const {
  if (status == kSuccess) return {};
  return error(Code::system_error, "the PMIx server of this job failed at {}: {} ({})", call,
               table_.error_string(status), status);
}

}  // namespace weft
