#include "bootstrap/pmi1.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "base/fd.h"

namespace weft {
namespace {

// What a server answers to a line; nothing: it keeps silent.
using Answers = std::function<std::optional<std::string>(const std::string& line)>;

// A process server at the other end of a socket pair, for one client. It ends when the client's end is closed, or when
// it has given an answer that it was told to make its last.
class Server {
 public:
  explicit Server(Answers answers, std::string last_question = "") {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    client_ = OwnedFd(ends[0]);
    thread_ = std::thread([this, answers = std::move(answers), last = std::move(last_question), fd = ends[1]] {
      serve(OwnedFd(fd), answers, last);
    });
  }
  ~Server() { end(); }
  int fd() const { return client_.get(); }
  // All that the client has said; the conversation is over.
  const std::vector<std::string>& lines() {
    end();
    return lines_;
  }

 private:
  void end() {
    client_.reset();
    if (thread_.joinable()) thread_.join();
  }
  void serve(OwnedFd fd, const Answers& answers, const std::string& last_question) {
    std::string text;
    char byte = 0;
    while (::read(fd.get(), &byte, 1) == 1) {
      if (byte != '\n') {
        text += byte;
        continue;
      }
      lines_.push_back(text);
      if (const auto answer = answers(text)) {
        if (::send(fd.get(), answer->data(), answer->size(), MSG_NOSIGNAL) < 0) return;
      }
      if (!last_question.empty() && text.starts_with(last_question)) return;
      text.clear();
    }
  }
  OwnedFd client_;
  std::vector<std::string> lines_;
  std::thread thread_;
};

// A server in good order, with a store.
class Store {
 public:
  explicit Store(int vallen_max) : vallen_max_(vallen_max) {}
  std::optional<std::string> operator()(const std::string& line) {
    if (line.starts_with("cmd=init")) return "cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0\n";
    if (line == "cmd=get_maxes")
      return fmt::format("cmd=maxes kvsname_max=256 keylen_max=64 vallen_max={}\n", vallen_max_);
    if (line == "cmd=get_my_kvsname") return "cmd=my_kvsname kvsname=kvs_1\n";
    if (line == "cmd=barrier_in") return "cmd=barrier_out\n";
    if (line == "cmd=finalize") return "cmd=finalize_ack\n";
    const std::string key = word(line, "key");
    if (word(line, "kvsname") != "kvs_1" || key.empty()) return "cmd=what rc=-1\n";
    if (line.starts_with("cmd=put")) {
      values_[key] = word(line, "value");
      longest_ = std::max(longest_, values_[key].size());
      return "cmd=put_result rc=0 msg=success\n";
    }
    if (values_.count(key) == 0) return fmt::format("cmd=get_result rc=-1 msg=key_{}_not_found value=unknown\n", key);
    return fmt::format("cmd=get_result rc=0 msg=success value={}\n", values_[key]);
  }
  std::map<std::string, std::string>& values() { return values_; }
  size_t longest() const { return longest_; }

 private:
  static std::string word(const std::string& line, const std::string& name) {
    const size_t at = line.find(" " + name + "=");
    if (at == std::string::npos) return "";
    const size_t first = at + name.size() + 2;
    return line.substr(first, line.find(' ', first) - first);
  }
  int vallen_max_;
  size_t longest_ = 0;
  std::map<std::string, std::string> values_;
};

Deadline soon() {
  return Deadline::after_ms(20'000);
}

std::vector<std::byte> some_bytes(size_t count) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(i * 7 + 3));
  return bytes;
}

std::vector<std::byte> got(Pmi1& pmi, const std::string& name) {
  auto bytes = pmi.get(name, soon());
  EXPECT_TRUE(bytes.has_value()) << bytes.error().text();
  return bytes ? std::move(*bytes) : std::vector<std::byte>{};
}

// A server in good order but for the answer to one kind of question.
Answers spoiled(const std::string& question, std::optional<std::string> answer) {
  return [=, store = std::make_shared<Store>(1024)](const std::string& line) -> std::optional<std::string> {
    return line.starts_with("cmd=" + question) ? answer : (*store)(line);
  };
}

void expect_text(const Status& status, std::string_view part) {
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.text().find(part), std::string::npos) << status.text();
}

// a whole conversation
// expect: the lines of the protocol, in order
TEST(Pmi1, speaks_the_protocol) {
  Store store(1024);
  Server server(std::ref(store));
  auto pmi = Pmi1::open(server.fd(), soon());
  ASSERT_TRUE(pmi.has_value()) << pmi.error().text();
  const std::byte byte{0x2a};
  EXPECT_TRUE(pmi->put("id", std::span(&byte, 1), soon()).ok());
  EXPECT_TRUE(pmi->barrier(soon()).ok());
  EXPECT_EQ(got(*pmi, "id"), std::vector<std::byte>{byte});
  EXPECT_TRUE(pmi->finalize(soon()).ok());
  const std::vector<std::string> expected = {"cmd=init pmi_version=1 pmi_subversion=1",
                                             "cmd=get_maxes",
                                             "cmd=get_my_kvsname",
                                             "cmd=put kvsname=kvs_1 key=id.0 value=2a",
                                             "cmd=put kvsname=kvs_1 key=id value=1",
                                             "cmd=barrier_in",
                                             "cmd=get kvsname=kvs_1 key=id",
                                             "cmd=get kvsname=kvs_1 key=id.0",
                                             "cmd=finalize"};
  EXPECT_EQ(server.lines(), expected);
}

// every length up to some, with entries that hold from 3 to 20 characters
// expect: no entry longer than allowed, and the bytes come back
TEST(Pmi1, splits_long_values) {
  for (const int vallen_max : {4, 5, 21}) {
    Store store(vallen_max);
    Server server(std::ref(store));
    auto pmi = Pmi1::open(server.fd(), soon());
    ASSERT_TRUE(pmi.has_value());
    for (size_t count = 0; count < 40; ++count) {
      const auto bytes = some_bytes(count);
      const std::string name = fmt::format("n{}", count);
      ASSERT_TRUE(pmi->put(name, bytes, soon()).ok());
      ASSERT_EQ(got(*pmi, name), bytes);
    }
    EXPECT_LT(store.longest(), static_cast<size_t>(vallen_max));
  }
}

// more bytes than entries are allowed
// expect: an error with the limit, and nothing is put
TEST(Pmi1, limits_entries) {
  Store store(4);
  Server server(std::ref(store));
  auto pmi = Pmi1::open(server.fd(), soon());
  ASSERT_TRUE(pmi.has_value());
  expect_text(pmi->put("id", some_bytes(512), soon()), "limit is 256");
  EXPECT_TRUE(store.values().empty());
}

// the longest unique id, with the value length of hydra
// expect: it comes back
TEST(Pmi1, carries_512_bytes) {
  Store store(1024);
  Server server(std::ref(store));
  auto pmi = Pmi1::open(server.fd(), soon());
  ASSERT_TRUE(pmi.has_value());
  ASSERT_TRUE(pmi->put("id", some_bytes(512), soon()).ok());
  EXPECT_EQ(got(*pmi, "id"), some_bytes(512));
}

// a key that nobody has put
// expect: an error with the question and the server's answer
TEST(Pmi1, missing_key) {
  Store store(1024);
  Server server(std::ref(store));
  auto pmi = Pmi1::open(server.fd(), soon());
  ASSERT_TRUE(pmi.has_value());
  const auto bytes = pmi->get("id", soon());
  ASSERT_FALSE(bytes.has_value());
  expect_text(bytes.error(), "asked \"cmd=get kvsname=kvs_1 key=id\"");
  expect_text(bytes.error(), "key_id_not_found");
}

// a store whose entry is no number of pieces, or whose piece is no hexadecimal text
// expect: an error that names the entry
TEST(Pmi1, foreign_entries) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"", "no number of pieces"},
                                                                  {"-1", "no number"},
                                                                  {"257", "no number"},
                                                                  {"2x", "no number"},
                                                                  {"1", "not what a rank"}};
  for (const auto& [count, text] : cases) {
    for (const std::string piece : {"0g", "abc"}) {
      Store store(1024);
      store.values() = {{"id", count}, {"id.0", piece}};
      Server server(std::ref(store));
      auto pmi = Pmi1::open(server.fd(), soon());
      ASSERT_TRUE(pmi.has_value());
      const auto bytes = pmi->get("id", soon());
      ASSERT_FALSE(bytes.has_value());
      expect_text(bytes.error(), text);
    }
  }
}

// each question of the opening answered wrongly
// expect: an error with the question
TEST(Pmi1, malformed_answers) {
  const std::string longer(5000, 'x');
  for (const std::string question : {"init", "get_maxes", "get_my_kvsname"}) {
    for (const std::string& answer :
         {std::string("\n"), std::string("cmd=nonsense\n"), std::string("no words at all\n"),
          "cmd=response_to_init rc=1\n" + std::string(question == "init" ? "" : "x"), longer,
          std::string("cmd=maxes\ncmd=maxes\n")}) {
      Server server(spoiled(question, answer));
      const auto pmi = Pmi1::open(server.fd(), soon());
      ASSERT_FALSE(pmi.has_value()) << question << ": " << answer;
      expect_text(pmi.error(), "cmd=" + question);
    }
  }
}

// limits and store names that are of no use
// expect: an error, said in words
TEST(Pmi1, useless_limits) {
  for (const std::string answer : {"cmd=maxes\n", "cmd=maxes vallen_max=3\n", "cmd=maxes vallen_max=many\n"}) {
    Server server(spoiled("get_maxes", answer));
    expect_text(Pmi1::open(server.fd(), soon()).error(), "how long a value may be");
  }
  Server server(spoiled("get_my_kvsname", "cmd=my_kvsname kvsname=\n"));
  expect_text(Pmi1::open(server.fd(), soon()).error(), "did not name the job's store");
}

// a server that keeps silent, and one that sends half a line
// expect: a timeout at the deadline
TEST(Pmi1, silent_server) {
  for (const std::optional<std::string>& answer :
       {std::optional<std::string>(), std::optional<std::string>("cmd=resp")}) {
    Server server(spoiled("init", answer));
    const auto start = Clock::now();
    const auto pmi = Pmi1::open(server.fd(), Deadline::after_ms(50));
    ASSERT_FALSE(pmi.has_value());
    EXPECT_EQ(pmi.error().code(), Code::timeout);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  }
}

// a server that goes away after a question
// expect: an error that says so
TEST(Pmi1, server_leaves) {
  for (const std::string question : {"init", "barrier_in"}) {
    Server server(spoiled(question, std::nullopt), "cmd=" + question);
    auto pmi = Pmi1::open(server.fd(), soon());
    if (question == "init") {
      ASSERT_FALSE(pmi.has_value());
      expect_text(pmi.error(), "closed the connection");
    } else {
      ASSERT_TRUE(pmi.has_value());
      expect_text(pmi->barrier(soon()), "closed the connection");
    }
  }
}

// a late answer to a barrier that has timed out
// expect: later calls fail with the first error, instead of taking that answer for theirs
TEST(Pmi1, never_continues_out_of_turn) {
  Server server(spoiled("barrier_in", std::nullopt));
  auto pmi = Pmi1::open(server.fd(), soon());
  ASSERT_TRUE(pmi.has_value());
  const Status first = pmi->barrier(Deadline::after_ms(20));
  EXPECT_EQ(first.code(), Code::timeout);
  EXPECT_EQ(pmi->finalize(soon()).text(), first.text());
  EXPECT_EQ(server.lines().back(), "cmd=barrier_in");
}

// a call after the farewell
// expect: refused
TEST(Pmi1, nothing_after_finalize) {
  Store store(1024);
  Server server(std::ref(store));
  auto pmi = Pmi1::open(server.fd(), soon());
  ASSERT_TRUE(pmi.has_value());
  ASSERT_TRUE(pmi->finalize(soon()).ok());
  expect_text(pmi->barrier(soon()), "taken leave");
}

// a descriptor that is not open, and one that is no socket
// expect: an error that names it
TEST(Pmi1, useless_descriptor) {
  int fd = 0;
  {
    const OwnedFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    fd = null.get();
    expect_text(Pmi1::open(fd, soon()).error(), fmt::format("PMI_FD={}", fd));
  }
  expect_text(Pmi1::open(1 << 20, soon()).error(), "PMI_FD=1048576 is not open");
}

// an open conversation
// expect: the descriptor is not inherited by programs that this process executes
TEST(Pmi1, closes_on_exec) {
  Store store(1024);
  Server server(std::ref(store));
  ASSERT_TRUE(Pmi1::open(server.fd(), soon()).has_value());
  EXPECT_EQ(fcntl(server.fd(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

}  // namespace
}  // namespace weft
