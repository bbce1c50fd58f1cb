#include "vendor/pmix.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <future>
#include <map>
#include <mutex>

namespace weft {
namespace {

// A PMIx server in memory, behind a table of functions, for a job of 4 of which this process is rank 1.
struct Server {
  std::mutex mutex;
  std::map<std::string, std::vector<char>> store;  // of rank 0
  std::vector<std::string> calls;
  std::string failing;  // the call that fails
  uint16_t type_of_size = 14;
  bool knows_local = true;
  std::promise<void> end_of_silence;  // PMIx_Fence waits for it
  std::promise<void> finished;
  bool silent = false;

  int answer(const char* call) {
    const std::lock_guard lock(mutex);
    calls.emplace_back(call);
    return failing == call ? -25 : 0;
  }
};
Server* server = nullptr;

int init(PmixProcess* self, PmixOption*, size_t) {
  std::strcpy(self->name_space, "job-1");
  self->rank = 1;
  return server->answer("init");
}
int finalize(const PmixOption*, size_t) {
  const int status = server->answer("finalize");
  if (server->silent) server->finished.set_value();
  return status;
}
int commit() {
  return server->answer("commit");
}
int put(uint8_t scope, const char* key, PmixValue* value) {
  EXPECT_EQ(scope, 3);
  EXPECT_EQ(value->type, 27);
  server->store[key].assign(value->data.bytes.bytes, value->data.bytes.bytes + value->data.bytes.size);
  return server->answer("put");
}
int fence(const PmixProcess* processes, size_t count, const PmixOption* options, size_t option_count) {
  EXPECT_EQ(count, 1u);
  EXPECT_STREQ(processes->name_space, "job-1");
  EXPECT_EQ(processes->rank, 0xFFFFFFFEu);
  EXPECT_EQ(option_count, 1u);
  EXPECT_STREQ(options->key, "pmix.collect");
  if (server->silent) server->end_of_silence.get_future().wait();
  return server->answer("fence");
}
PmixValue* new_value(uint16_t type) {
  auto* value = static_cast<PmixValue*>(std::calloc(1, sizeof(PmixValue)));
  value->type = type;
  return value;
}
int get(const PmixProcess* process, const char* key, const PmixOption*, size_t, PmixValue** value) {
  const std::string name = key;
  if (name == "pmix.job.size") {
    *value = new_value(server->type_of_size);
    (*value)->data.uint32 = 4;
    EXPECT_EQ(process->rank, 0xFFFFFFFEu);
  } else if (name == "pmix.lrank" || name == "pmix.local.size") {
    if (!server->knows_local) return -46;
    *value = new_value(name == "pmix.lrank" ? 13 : 14);
    EXPECT_EQ(process->rank, name == "pmix.lrank" ? 1u : 0xFFFFFFFEu);
    (*value)->data.uint32 = name == "pmix.lrank" ? 1 : 2;
  } else {
    EXPECT_EQ(process->rank, 0u);
    if (server->store.count(name) == 0) return -46;
    const auto& bytes = server->store[name];
    *value = new_value(27);
    (*value)->data.bytes = {static_cast<char*>(std::malloc(bytes.size() + 1)), bytes.size()};
    std::memcpy((*value)->data.bytes.bytes, bytes.data(), bytes.size());
  }
  return server->answer("get");
}
const char* error_string(int) {
  return "PMIX-ERROR-NAME";
}

class Pmix : public ::testing::Test {
 protected:
  Pmix() { server = &server_; }
  Server server_;
  const PmixTable table_{init, finalize, put, commit, fence, get, error_string};
  PmixClient client_{table_};
};

Deadline soon() {
  return Deadline::after_ms(20'000);
}

// a server that knows all, and one that knows only the size
// expect: what it knows
TEST_F(Pmix, place) {
  const auto place = client_.ask_place(soon());
  ASSERT_TRUE(place.has_value()) << place.error().text();
  EXPECT_EQ(place->nranks, 4);
  EXPECT_EQ(place->local_rank, 1);
  EXPECT_EQ(place->local_size, 2);
  server_.knows_local = false;
  const auto poorer = client_.ask_place(soon());
  ASSERT_TRUE(poorer.has_value());
  EXPECT_EQ(poorer->nranks, 4);
  EXPECT_FALSE(poorer->local_rank.has_value());
  EXPECT_FALSE(poorer->local_size.has_value());
}

// a size in a form that is no number
// expect: an error with the form
TEST_F(Pmix, strange_size) {
  server_.type_of_size = 3;
  const auto place = client_.ask_place(soon());
  ASSERT_FALSE(place.has_value());
  EXPECT_NE(place.error().text().find("pmix.job.size in a form that is no number (type 3)"), std::string::npos);
}

// rank 0 gives bytes, zeros among them, then another rank asks
// expect: it gets the same
TEST_F(Pmix, exchange) {
  const std::vector<std::byte> bytes = {std::byte{1}, std::byte{0}, std::byte{255}, std::byte{0}};
  const auto given = client_.exchange("weft.id.0", bytes, soon());
  ASSERT_TRUE(given.has_value()) << given.error().text();
  EXPECT_EQ(*given, bytes);
  const auto got = client_.exchange("weft.id.0", std::nullopt, soon());
  ASSERT_TRUE(got.has_value()) << got.error().text();
  EXPECT_EQ(*got, bytes);
}

// two exchanges by one client that then ends, and a client that is asked nothing
// expect: one init and one finalize around them; no call at all
TEST_F(Pmix, one_conversation) {
  {
    PmixClient client(table_);
    ASSERT_TRUE(client.exchange("weft.id.0", std::vector<std::byte>(8), soon()).has_value());
    ASSERT_TRUE(client.exchange("weft.id.0", std::nullopt, soon()).has_value());
  }
  { const PmixClient silent(table_); }
  const std::vector<std::string> expected = {"init", "put", "commit", "fence", "fence", "get", "finalize"};
  EXPECT_EQ(server_.calls, expected);
}

// each call fails
// expect: the error is in PMIx's words, and only a successful init has a finalize
TEST_F(Pmix, each_call_fails) {
  for (const std::string call : {"init", "put", "commit", "fence"}) {
    server_.failing = call;
    server_.calls.clear();
    {
      PmixClient client(table_);
      const auto bytes = client.exchange("weft.id.0", std::vector<std::byte>(8), soon());
      ASSERT_FALSE(bytes.has_value()) << call;
      EXPECT_NE(bytes.error().text().find("PMIX-ERROR-NAME (-25)"), std::string::npos) << bytes.error().text();
    }
    EXPECT_EQ(server_.calls.back(), call == "init" ? "init" : "finalize");
  }
}

// a key that rank 0 has not put
// expect: an error
TEST_F(Pmix, missing_key) {
  const auto bytes = client_.exchange("weft.id.7", std::nullopt, soon());
  ASSERT_FALSE(bytes.has_value());
  EXPECT_NE(bytes.error().text().find("PMIx_Get"), std::string::npos);
}

// a fence that does not end
// expect: timeouts at the deadlines of this and of the next call, and a farewell that does not wait for it
TEST_F(Pmix, silent_server) {
  server_.silent = true;
  {
    PmixClient client(table_);
    const auto bytes = client.exchange("weft.id.0", std::nullopt, Deadline::after_ms(30));
    ASSERT_FALSE(bytes.has_value());
    EXPECT_EQ(bytes.error().code(), Code::timeout);
    const auto place = client.ask_place(Deadline::after_ms(30));
    ASSERT_FALSE(place.has_value());
    EXPECT_EQ(place.error().code(), Code::timeout);
  }
  server_.end_of_silence.set_value();
  server_.finished.get_future().wait();  // Threads left behind use this test's server.
}

// a library that is not there, and one that is something else
// expect: an error that says what to install, or what is missing
TEST(PmixLibrary, absent_or_foreign) {
  const auto absent = load_pmix("libpmix-of-nobody.so.2");
  ASSERT_FALSE(absent.has_value());
  EXPECT_NE(absent.error().text().find("libpmix2"), std::string::npos);
  EXPECT_NE(absent.error().text().find("libpmix-of-nobody.so.2"), std::string::npos);
  const auto foreign = load_pmix("libm.so.6");
  ASSERT_FALSE(foreign.has_value());
  EXPECT_NE(foreign.error().text().find("PMIx_Init"), std::string::npos);
}

}  // namespace
}  // namespace weft
