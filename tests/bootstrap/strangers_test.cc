// Callers that do not belong to the job, one table of them, at both kinds of doors that weft has: a root's, and a
// control thread's before and after its process is linked; each on its unix socket and on its TCP port.
#include <algorithm>
#include <thread>

#include "base/random.h"
#include "bootstrap/knock.h"
#include "bootstrap/two_processes.h"
#include "support/seed.h"

namespace weft::test {
namespace {

// Where strangers call, and all that they could have heard on the way: in the end they even know the secret.
struct Entrance {
  std::string unix_name;
  TcpAddress tcp;
  Hello hello;  // of a caller that is welcome
  Secret secret;

  PrivateFd call(bool local) const {
    auto fd = local ? connect_unix(unix_name, soon()) : connect_tcp(tcp, soon());
    EXPECT_TRUE(fd.has_value());
    return fd ? std::move(*fd) : PrivateFd();
  }
};

// Everything until the other side closes.
std::string hear_until_closed(const PrivateFd& fd) {
  std::string heard;
  char byte;
  while (recv_exactly(fd.get(), std::as_writable_bytes(std::span(&byte, 1)), soon()) == 0) heard.push_back(byte);
  return heard;
}

HelloBytes hello_of(const Entrance& door, const std::function<void(Hello&)>& change = {}) {
  Hello hello = door.hello;
  fill_random(hello.nonce);
  if (change) change(hello);
  return encode(hello);
}

std::string noise() {
  static Random random(seed());
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes.push_back(static_cast<char>(random.next()));
  return bytes;
}

// What a stranger does on its connection; then it is closed, by either.
struct Stranger {
  const char* name;
  std::function<void(const Entrance&, const PrivateFd&)> act;
};

std::string say(const PrivateFd& fd, std::span<const std::byte> words) {
  send_all(fd.get(), words, soon());
  return hear_until_closed(fd);
}

// A hello that is right as far as anybody can know without the secret, then 32 bytes: the door's hello, and no proof of
// its own.
void expect_no_proof(const Entrance& door, const PrivateFd& fd, const HelloBytes& hello, const Digest& proof) {
  send_all(fd.get(), hello, soon());
  const std::string heard = say(fd, std::as_bytes(std::span(proof)));
  if (heard.empty()) return;  // Nobody has a seat there yet.
  EXPECT_EQ(heard.size(), kHelloBytes + kProofBytes);
  EXPECT_EQ(heard.substr(kHelloBytes), std::string(kProofBytes, '\0'));
  EXPECT_EQ(heard.find(std::string(reinterpret_cast<const char*>(door.secret.data()), door.secret.size())),
            std::string::npos);
}

// What a recorded handshake holds: the door's nonce was another one.
void replay(const Entrance& door, const PrivateFd& fd, bool local) {
  const HelloBytes hello = hello_of(door);
  HelloBytes theirs{};
  const PrivateFd first = door.call(local);
  send_all(first.get(), hello, soon());
  static_cast<void>(recv_exactly(first.get(), theirs, soon()));
  expect_no_proof(door, fd, hello, proof_of(door.secret, Role::connecting, hello, theirs));
}

std::vector<Stranger> strangers(bool local) {
  const auto silence = [](const std::string& words) {
    return [words](const Entrance&, const PrivateFd& fd) { EXPECT_EQ(say(fd, part_of(words)), ""); };
  };
  const auto wrong = [](const std::function<void(Hello&)>& change) {
    return [change](const Entrance& door, const PrivateFd& fd) { EXPECT_EQ(say(fd, hello_of(door, change)), ""); };
  };
  const std::string client_hello =
      "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + noise();  // as TLS begins; the rest is as good as random
  return {
      {"a port scan", [](const Entrance&, const PrivateFd&) {}},
      {"HTTP", silence("GET /metrics HTTP/1.1\r\nHost: node-a\r\nUser-Agent: scraper\r\nAccept: text/plain\r\n"
                       "Accept-Encoding: gzip\r\n\r\n")},
      {"TLS", silence(client_hello)},
      {"random bytes", silence(noise())},
      {"another communicator", wrong([](Hello& hello) { ++hello.communicator; })},
      {"another purpose",
       wrong([](Hello& hello) { hello.purpose = hello.purpose == Purpose::join ? Purpose::link : Purpose::join; })},
      {"what the door itself says", wrong([](Hello& hello) { hello.role = Role::accepting; })},
      {"a version of the future and no secret",
       [](const Entrance& door, const PrivateFd& fd) {
         expect_no_proof(door, fd, hello_of(door, [](Hello& hello) { ++hello.wire_version; }), Digest{});
       }},
      {"no secret", [](const Entrance& door, const PrivateFd& fd) { expect_no_proof(door, fd, hello_of(door), {}); }},
      {"a replay", [local](const Entrance& door, const PrivateFd& fd) { replay(door, fd, local); }},
  };
}

// Those that stay: half-open, one byte a second, and four times as many silent ones as there is room for.
class SlowOnes {
 public:
  explicit SlowOnes(const Entrance& door) : bytes_(hello_of(door)) {
    for (int i = 0; i < 256; ++i) {
      silent_.push_back(door.call(i % 2 == 0));
      if (i % 4 == 0) send_all(silent_.back().get(), std::span(bytes_).first(40), soon());
    }
    half_ = door.call(false);
    send_all(half_.get(), std::span(bytes_).first(95), soon());
    drip_ = door.call(true);
  }
  // Until both have been closed; how many ms that took from the beginning.
  int64_t persist() {
    for (size_t sent = 0; sent < bytes_.size(); ++sent) {
      if (send_all(drip_.get(), std::span(bytes_).subspan(sent, 1), soon()) != 0) break;
      if (wait_readable(drip_.get(), Deadline::after_ms(1000))) break;
    }
    EXPECT_EQ(hear_until_closed(half_), "");
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_).count();
  }

 private:
  const Clock::time_point began_ = Clock::now();
  const HelloBytes bytes_;
  std::vector<PrivateFd> silent_;
  PrivateFd half_, drip_;
};

// All that come and go. How many were turned away at least.
uint64_t call_all(const Entrance& door) {
  uint64_t called = 0;
  for (const bool local : {true, false}) {
    for (const Stranger& stranger : strangers(local)) {
      SCOPED_TRACE(std::string(stranger.name) + (local ? " on the unix socket" : " on TCP"));
      stranger.act(door, door.call(local));
      ++called;
    }
  }
  return called;
}

// The counter is written after the door was closed; a test that hears that may be faster.
template <class Counter>
void expect_counted(const Counter& counter, uint64_t at_least) {
  const Deadline end = soon();
  while (counter() < at_least && !end.passed()) std::this_thread::yield();
  EXPECT_GE(counter(), at_least);
}

// What is said on stderr in between: a line a second at most, with how many and from where.
class Lines {
 public:
  Lines() { ::testing::internal::CaptureStderr(); }
  void expect_few() const {
    const std::string text = ::testing::internal::GetCapturedStderr();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began_).count();
    int64_t lines = 0;
    for (size_t at = text.find("turned away"); at != std::string::npos; at = text.find("turned away", at + 1)) ++lines;
    EXPECT_LE(lines, seconds + 1) << text;
    if (seconds < 2) return;  // The process may have said something less than a second before.
    EXPECT_GE(lines, 1);
    expect_text(text, {"no rank of this job, the latest from ", "the job is not affected"});
  }

 private:
  const Clock::time_point began_ = Clock::now();
};

void expect_join(const UniqueId& id) {
  const auto start = Clock::now();
  run_threads(2, [&](int rank) {
    const auto joined = join(id, request_of(rank, 2), soon());
    EXPECT_TRUE(joined.has_value()) << joined.error().text();
  });
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
  EXPECT_LT(ms, 10'000);
}

// every stranger calls at a root
// expect: closed without a word that helps it, and counted; slow ones after five seconds; the ranks join past all of
// them
TEST(Strangers, at_a_root) {
  auto root = *Root::start({});
  Hello hello;
  hello.communicator = root->id().communicator;
  hello.nranks = 2;
  const Entrance door{root->id().unix_name(), root->id().root, hello, root->id().secret};
  const Lines lines;
  uint64_t called = call_all(door);
  expect_counted([&] { return root->strangers(); }, called);
  SlowOnes slow(door);
  called += call_all(door);
  const int64_t ms = slow.persist();
  EXPECT_GE(ms, 4'000);
  EXPECT_LT(ms, 8'000);
  expect_counted([&] { return root->strangers(); }, called + 256 + 2);
  {
    const SlowOnes others(door);
    expect_join(root->id());
  }
  lines.expect_few();
}

constexpr size_t kCalled = 1;  // shared word: how many strangers have called by then, and one; another when linked

// Rank 1 sends all strangers to the control thread of rank 0.
void call_at_rank_zero(TestRank& self, int rank, const Hello& hello, bool linked) {
  const Member& victim = self.joined.roster[0];
  const size_t word = kCalled + (linked ? 1 : 0);
  if (rank == 0) {
    const uint64_t before = self.control->strangers();
    const Lines lines;
    meet(kEnd, 2);
    await_word(word, 1);
    expect_counted([&] { return self.control->strangers() - before; }, shared_word(word) - 1);
    lines.expect_few();
    return;
  }
  const Entrance door{victim.control_name, victim.control_tcp, hello, self.joined.secret};
  meet(kEnd, 2);
  uint64_t called = call_all(door);
  if (linked) {
    SlowOnes ones(door);
    called += call_all(door);
    EXPECT_LT(ones.persist(), 8'000);
    called += 256 + 2;
  }
  shared_word(word).store(called + 1);
}

Hello link_hello(const TestRank& self) {
  Hello hello;
  hello.purpose = Purpose::link;
  hello.communicator = self.joined.communicator;
  hello.process = self.control->self();
  return hello;
}

// every stranger calls at a control thread whose rank has no seat yet, then at one that is linked
// expect: as at a root; the ranks link, stay linked and exchange parcels
TEST(Strangers, at_a_control_thread) {
  SharedRoot root;
  run_processes(2, [&](int rank) {
    TestRank self;
    const Status found = self.find_others(root.open(rank, 2), rank, 2);
    ASSERT_TRUE(found.ok()) << found.text();
    call_at_rank_zero(self, rank, link_hello(self), false);
    ASSERT_TRUE(self.take_part(rank).ok());
    call_at_rank_zero(self, rank, link_hello(self), true);
    exchange_parcels(self, rank, true);
    expect_alive(self);
    meet(kEnd, 2);
  });
}

// somebody has the secret of a communicator, and says that it is a process which has no rank in it, or the one it calls
// expect: turned away; the link of the two ranks stays
TEST(Strangers, member_of_nothing) {
  with_two_processes([](TestRank& self, int rank) {
    if (rank == 1) {
      const Member& victim = self.joined.roster[0];
      Hello unknown = link_hello(self), itself = unknown;
      fill_random(unknown.process.bytes);
      itself.process = victim.process;
      for (const Hello& hello : {unknown, itself}) {
        const auto knocked = knock({victim.control_name, {}}, hello, self.joined.secret, soon());
        ASSERT_FALSE(knocked.has_value());
        EXPECT_EQ(knocked.error().failure, KnockFailure::busy);
      }
    }
    exchange_parcels(self, rank, true);
    expect_alive(self);
    EXPECT_EQ(self.control->links(), 1u);
  });
}

}  // namespace
}  // namespace weft::test
