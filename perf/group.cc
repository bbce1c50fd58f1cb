#include "group.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

namespace weft::perf {
namespace {

Status text_of(weftResult_t result, std::string_view function) {
  if (result == weftSuccess) return {};
  const std::string_view text = weftGetLastError(nullptr);
  return error(static_cast<Code>(result), "{}: {}", function, text.empty() ? weftGetErrorString(result) : text);
}

Expected<Member> join_alone() {
  weftComm_t communicator = nullptr;
  WEFT_TRY(text_of(weftCommInitEnv(&communicator), "weftCommInitEnv"));
  Member member(communicator);
  WEFT_TRY(member.ask());
  return member;
}

// A launcher's processes would each make a group of threads for themselves, and no table would say so.
Status refuse_launcher() {
  WEFT_TRY_ASSIGN(const Member member, join_alone());
  if (member.ranks() > 1)
    return error(Code::invalid_usage,
                 "--nthreads makes all ranks in one process, but a launcher has started {}: use one or the other",
                 member.ranks());
  return {};
}

using Body = std::function<Status(Member&)>;

Status run_thread(weftComm_t communicator, const Body& body) {
  Member member(communicator);
  WEFT_TRY(member.ask());
  return body(member);
}

Status join_and_run(const weftUniqueId& id, int ranks, int rank, const Body& body) {
  weftComm_t communicator = nullptr;
  WEFT_TRY(text_of(weftCommInitRank(&communicator, ranks, id, rank), "weftCommInitRank"));
  return run_thread(communicator, body);
}

Status run_threads(const Flags& flags, const Body& body) {
  WEFT_TRY(refuse_launcher());
  const auto count = static_cast<size_t>(flags.threads);
  std::vector<weftComm_t> communicators(count);
  weftUniqueId id{};
  if (flags.parallel_init) {
    WEFT_TRY(text_of(weftGetUniqueId(&id), "weftGetUniqueId"));
  } else {
    WEFT_TRY(text_of(weftCommInitAll(communicators.data(), flags.threads, nullptr), "weftCommInitAll"));
  }
  std::vector<Status> results(count);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      results[i] = flags.parallel_init ? join_and_run(id, flags.threads, static_cast<int>(i), body)
                                       : run_thread(communicators[i], body);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (Status& result : results) WEFT_TRY(std::move(result));
  return {};
}

}  // namespace

Member::Member(Member&& other) noexcept
    : communicator_(std::exchange(other.communicator_, nullptr)), rank_(other.rank_), ranks_(other.ranks_) {}

Member::~Member() {
  weftCommDestroy(communicator_);
}

Status Member::ask() {
  WEFT_TRY(passed(weftCommUserRank(communicator_, &rank_), "weftCommUserRank"));
  return passed(weftCommCount(communicator_, &ranks_), "weftCommCount");
}

Status Member::passed(weftResult_t result, std::string_view function) const {
  if (result == weftSuccess) return {};
  const std::string_view text = weftGetLastError(communicator_);
  return error(static_cast<Code>(result), "rank {}: {}: {}", rank_, function,
               text.empty() ? weftGetErrorString(result) : text);
}

Status Member::barrier() {
  WEFT_TRY(sum(0));
  return {};
}

Expected<int64_t> Member::sum(int64_t number) {
  int64_t total = 0;
  WEFT_TRY(passed(weftAllReduce(&number, &total, 1, weftInt64, weftSum, communicator_, nullptr), "weftAllReduce"));
  return total;
}

Status Member::combine(std::span<double> numbers, weftRedOp_t op) {
  return passed(weftAllReduce(numbers.data(), numbers.data(), numbers.size(), weftFloat64, op, communicator_, nullptr),
                "weftAllReduce");
}

Expected<std::vector<std::string>> Member::gather(std::string_view text) {
  std::vector<char> own(kTextBytes), all(kTextBytes * static_cast<size_t>(ranks_));
  std::copy_n(text.begin(), std::min(text.size(), kTextBytes - 1), own.begin());
  WEFT_TRY(
      passed(weftAllGather(own.data(), all.data(), kTextBytes, weftInt8, communicator_, nullptr), "weftAllGather"));
  std::vector<std::string> texts;
  for (size_t i = 0; i < static_cast<size_t>(ranks_); ++i) texts.emplace_back(all.data() + i * kTextBytes);
  return texts;
}

Status run_members(const Flags& flags, const Body& body) {
  if (flags.threads > 1) return run_threads(flags, body);
  WEFT_TRY_ASSIGN(Member member, join_alone());
  return body(member);
}

}  // namespace weft::perf
