#include <gtest/gtest.h>

#include <cstring>

#include "api/team.h"

namespace weft::test {
namespace {

// The call failed so, and the text has every one of these words.
void expect_error(weftResult_t got, weftResult_t want, std::initializer_list<const char*> words) {
  EXPECT_EQ(got, want) << weftGetLastError(nullptr);
  const std::string text = weftGetLastError(nullptr);
  for (const char* word : words) EXPECT_NE(text.find(word), std::string::npos) << "\"" << word << "\" in: " << text;
}

class Arguments : public ::testing::Test {
 protected:
  Team team_{1};
  weftComm_t comm_ = team_.comm(0);
  alignas(8) float in_[16] = {};
  alignas(8) float out_[16] = {};
  weftResult_t all_reduce(const void* send, void* recv, size_t count, int type = weftFloat32, int op = weftSum,
                          void* stream = nullptr) {
    return weftAllReduce(send, recv, count, static_cast<weftDataType_t>(type), static_cast<weftRedOp_t>(op), comm_,
                         stream);
  }
};

// no buffer where one is needed; none with count 0
// expect: the argument and the bytes needed are named; count 0 is fine
TEST_F(Arguments, buffers_missing) {
  expect_error(all_reduce(nullptr, out_, 4), weftInvalidArgument, {"weftAllReduce", "sendbuff is NULL", "16 bytes"});
  expect_error(all_reduce(in_, nullptr, 4), weftInvalidArgument, {"weftAllReduce", "recvbuff is NULL", "16 bytes"});
  EXPECT_EQ(all_reduce(nullptr, nullptr, 0), weftSuccess);
}

// a negative count, one past the limit
// expect: shown as given and as a signed number, with the limit
TEST_F(Arguments, counts) {
  expect_error(all_reduce(in_, out_, static_cast<size_t>(-1)), weftInvalidArgument, {"count", "-1", "2^40 - 1"});
  expect_error(all_reduce(in_, out_, size_t{1} << 40), weftInvalidArgument, {"count is 1099511627776", "2^40 - 1"});
}

// types and operators that do not exist
// expect: the value and what is valid
TEST_F(Arguments, types_and_operators) {
  for (const int type : {-1, 12, 99}) {
    expect_error(all_reduce(in_, out_, 4, type), weftInvalidArgument,
                 {"datatype is ", std::to_string(type).c_str(), "weftFloat8e5m2"});
  }
  for (const int op : {-1, 5, 77}) {
    expect_error(all_reduce(in_, out_, 4, weftFloat32, op), weftInvalidArgument,
                 {"op is ", std::to_string(op).c_str(), "weftAvg"});
  }
}

// roots outside the communicator
// expect: the value and the ranks there are, from both rooted collectives
TEST_F(Arguments, roots) {
  for (const int root : {-1, 1, 1000}) {
    const std::string value = "root is " + std::to_string(root);
    expect_error(weftBroadcast(in_, out_, 4, weftFloat32, root, comm_, nullptr), weftInvalidArgument,
                 {"weftBroadcast", value.c_str(), "0 to 0"});
    expect_error(weftReduce(in_, out_, 4, weftFloat32, weftSum, root, comm_, nullptr), weftInvalidArgument,
                 {"weftReduce", value.c_str(), "0 to 0"});
  }
}

// a stream, where the communicator has host memory
// expect: refused, with the fix
TEST_F(Arguments, stream) {
  int something = 0;
  expect_error(all_reduce(in_, out_, 4, weftFloat32, weftSum, &something), weftInvalidArgument, {"stream", "NULL"});
}

// an address that is no multiple of the type's size; buffers that overlap, but not in place
// expect: refused, with addresses; exactly in place is fine
TEST_F(Arguments, placement) {
  expect_error(all_reduce(reinterpret_cast<char*>(in_) + 1, out_, 2), weftInvalidArgument,
               {"sendbuff", "aligned", "4 bytes"});
  expect_error(all_reduce(in_, in_ + 1, 4), weftInvalidArgument, {"sendbuff", "recvbuff", "overlap"});
  EXPECT_EQ(all_reduce(in_, in_, 4), weftSuccess);
  EXPECT_EQ(all_reduce(in_, in_ + 4, 4), weftSuccess);
}

// handles: none, foreign, inside the table but no handle, of a destroyed communicator
// expect: named as such by every function that takes one; none crashes
TEST_F(Arguments, handles) {
  int answer = 0;
  int foreign_memory[4] = {};
  const auto foreign = reinterpret_cast<weftComm_t>(foreign_memory);
  const auto crooked = reinterpret_cast<weftComm_t>(reinterpret_cast<char*>(comm_) + 1);
  weftComm_t gone = nullptr;
  ASSERT_EQ(weftCommInitAll(&gone, 1, nullptr), weftSuccess);
  ASSERT_EQ(weftCommDestroy(gone), weftSuccess);
  expect_error(weftCommCount(nullptr, &answer), weftInvalidArgument, {"weftCommCount", "comm is NULL"});
  for (weftComm_t bad : {foreign, crooked, gone}) {
    expect_error(weftCommCount(bad, &answer), weftInvalidArgument, {"weftCommCount", "no communicator", "destroyed"});
    expect_error(weftCommUserRank(bad, &answer), weftInvalidArgument, {"weftCommUserRank"});
    expect_error(weftCommDestroy(bad), weftInvalidArgument, {"weftCommDestroy"});
    expect_error(weftCommAbort(bad), weftInvalidArgument, {"weftCommAbort"});
    expect_error(weftAllReduce(in_, out_, 1, weftFloat32, weftSum, bad, nullptr), weftInvalidArgument,
                 {"weftAllReduce"});
    weftResult_t result = weftSuccess;
    expect_error(weftCommGetAsyncError(bad, &result), weftInvalidArgument, {"weftCommGetAsyncError"});
    EXPECT_NE(weftGetLastError(bad), nullptr);
  }
  EXPECT_EQ(weftCommDestroy(nullptr), weftSuccess);
  EXPECT_EQ(weftCommAbort(nullptr), weftSuccess);
}

// answers without a place to go
// expect: the argument is named
TEST_F(Arguments, places_for_answers) {
  expect_error(weftCommCount(comm_, nullptr), weftInvalidArgument, {"weftCommCount", "count is NULL"});
  expect_error(weftCommUserRank(comm_, nullptr), weftInvalidArgument, {"weftCommUserRank", "rank is NULL"});
  expect_error(weftCommGetAsyncError(comm_, nullptr), weftInvalidArgument, {"weftCommGetAsyncError", "error is NULL"});
  expect_error(weftGetUniqueId(nullptr), weftInvalidArgument, {"weftGetUniqueId", "id is NULL"});
  expect_error(weftGetVersion(nullptr), weftInvalidArgument, {"weftGetVersion", "version is NULL"});
  expect_error(weftCommInitEnv(nullptr), weftInvalidArgument, {"weftCommInitEnv", "comm is NULL"});
  expect_error(weftMemAlloc(nullptr, 8), weftInvalidArgument, {"weftMemAlloc", "pointer is NULL"});
}

// places for what faults tell, missing; a capacity that does not fit
// expect: the argument is named
TEST_F(Arguments, faults) {
  weftFailure_t failure{};
  expect_error(weftCommShrink(comm_, nullptr), weftInvalidArgument, {"weftCommShrink", "newcomm is NULL"});
  expect_error(weftCommGetFailure(comm_, nullptr, nullptr, 0), weftInvalidArgument, {"failure is NULL"});
  expect_error(weftCommGetFailure(comm_, &failure, nullptr, 3), weftInvalidArgument, {"failed_ranks", "capacity is 3"});
  expect_error(weftCommGetFailure(comm_, &failure, nullptr, -1), weftInvalidArgument, {"capacity is -1"});
  EXPECT_EQ(weftCommGetFailure(comm_, &failure, nullptr, 0), weftSuccess);
  EXPECT_EQ(failure.verdict, weftVerdictNone);
  EXPECT_EQ(failure.failed_count, 0);
  for (const weftComm_t bad : {weftComm_t{}, reinterpret_cast<weftComm_t>(&failure)}) {
    weftComm_t other = nullptr;
    expect_error(weftCommRevoke(bad), weftInvalidArgument, {"weftCommRevoke", "comm"});
    expect_error(weftCommShrink(bad, &other), weftInvalidArgument, {"weftCommShrink", "comm"});
    expect_error(weftCommGetFailure(bad, &failure, nullptr, 0), weftInvalidArgument, {"weftCommGetFailure", "comm"});
  }
}

// places that do not exist, ids that nobody drew
// expect: value and range; a damaged id is told from a foreign one
TEST_F(Arguments, joining) {
  weftComm_t comm = nullptr;
  weftUniqueId id;
  ASSERT_EQ(weftGetUniqueId(&id), weftSuccess);
  expect_error(weftCommInitRank(nullptr, 1, id, 0), weftInvalidArgument, {"comm is NULL"});
  expect_error(weftCommInitRank(&comm, 0, id, 0), weftInvalidArgument, {"nranks is 0"});
  expect_error(weftCommInitRank(&comm, -3, id, 0), weftInvalidArgument, {"nranks is -3"});
  expect_error(weftCommInitRank(&comm, 2, id, 2), weftInvalidArgument, {"rank is 2", "0 to 1"});
  expect_error(weftCommInitRank(&comm, 2, id, -1), weftInvalidArgument, {"rank is -1", "0 to 1"});
  weftUniqueId damaged = id, foreign;
  damaged.internal[20] ^= 1;
  std::memset(&foreign, 7, sizeof foreign);
  EXPECT_EQ(weftCommInitRank(&comm, 1, damaged, 0), weftInvalidArgument) << weftGetLastError(nullptr);
  EXPECT_EQ(weftCommInitRank(&comm, 1, foreign, 0), weftInvalidArgument) << weftGetLastError(nullptr);
  int device = 0;
  expect_error(weftCommInitAll(&comm, 1, &device), weftInvalidArgument, {"devices", "NULL"});
  expect_error(weftCommInitAll(&comm, 0, nullptr), weftInvalidArgument, {"nranks is 0"});
  EXPECT_EQ(comm, nullptr);
}

// memory: no bytes, an address that was never given, one given back twice
// expect: refused; NULL is fine
TEST_F(Arguments, memory) {
  void* memory = nullptr;
  expect_error(weftMemAlloc(&memory, 0), weftInvalidArgument, {"size is 0"});
  EXPECT_EQ(weftMemFree(nullptr), weftSuccess);
  EXPECT_EQ(weftMemFree(in_), weftInvalidArgument);
  ASSERT_EQ(weftMemAlloc(&memory, 100), weftSuccess);
  EXPECT_EQ(static_cast<char*>(memory)[99], 0);
  EXPECT_EQ(weftMemFree(memory), weftSuccess);
  EXPECT_EQ(weftMemFree(memory), weftInvalidArgument);
}

// wrong arguments, then a right call
// expect: nothing sticks
TEST_F(Arguments, errors_do_not_stick) {
  EXPECT_EQ(all_reduce(nullptr, out_, 4), weftInvalidArgument);
  weftResult_t result = weftInternalError;
  EXPECT_EQ(weftCommGetAsyncError(comm_, &result), weftSuccess);
  EXPECT_EQ(result, weftSuccess);
  in_[0] = 5;
  EXPECT_EQ(all_reduce(in_, out_, 1), weftSuccess);
  EXPECT_EQ(out_[0], 5);
}

// every result code, and one that does not exist
// expect: a text for each, and all different but for the unknown
TEST(Results, have_texts) {
  std::vector<std::string> texts;
  for (int code = 0; code < 200; ++code) texts.emplace_back(weftGetErrorString(static_cast<weftResult_t>(code)));
  EXPECT_EQ(texts[0], "no error");
  EXPECT_EQ(texts[99], "unknown result code");
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 101, 102, 103, 104, 105, 106}) {
    EXPECT_EQ(std::count(texts.begin(), texts.end(), texts[static_cast<size_t>(code)]), 1) << code;
  }
  int version = 0;
  EXPECT_EQ(weftGetVersion(&version), weftSuccess);
  EXPECT_EQ(version, WEFT_VERSION_CODE);
}

}  // namespace
}  // namespace weft::test
