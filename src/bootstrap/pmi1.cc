#include "bootstrap/pmi1.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace weft {
namespace {

// A line of the server: an answer to `get` carries at most one entry, and ours ask for entries of at most
// kTextBytesMax.
constexpr size_t kLineBytesMax = 4096;
constexpr size_t kTextBytesMax = 1024;
constexpr size_t kEntriesMax = 256;
constexpr int64_t kNapMs = 1000;

std::map<std::string, std::string, std::less<>> split_words(std::string_view line);
std::optional<size_t> parse_size(std::string_view text, size_t most);
std::string to_hex(std::span<const std::byte> bytes);
std::optional<std::vector<std::byte>> from_hex(std::string_view text);
Status wait_ready(int fd, short events, Deadline deadline);

}  // namespace

Expected<Pmi1> Pmi1::open(int fd, Deadline deadline) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return error(Code::invalid_usage, "PMI_FD={} is not open: {}; start with mpiexec and pass its descriptors on", fd,
                 errno_text(errno));
  }
  Pmi1 pmi(fd);
  WEFT_TRY(pmi.ask("cmd=init pmi_version=1 pmi_subversion=1", "response_to_init", deadline));
  WEFT_TRY_ASSIGN(const Words limits, pmi.ask("cmd=get_maxes", "maxes", deadline));
  const auto limit = limits.find("vallen_max");
  const auto bytes = limit == limits.end() ? std::nullopt : parse_size(limit->second, 1u << 30);
  if (!bytes || *bytes < 4) {
    return error(Code::system_error, "the process manager on PMI_FD={} did not say how long a value may be", fd);
  }
  pmi.text_bytes_max_ = std::min(*bytes - 1, kTextBytesMax);  // Some managers count the byte that ends a C string.
  WEFT_TRY_ASSIGN(Words name, pmi.ask("cmd=get_my_kvsname", "my_kvsname", deadline));
  pmi.store_ = name["kvsname"];
  if (pmi.store_.empty()) {
    return error(Code::system_error, "the process manager on PMI_FD={} did not name the job's store", fd);
  }
  return pmi;
}

// The entry under the name itself holds the number of pieces; they follow as name.0, name.1, ...
Status Pmi1::put(std::string_view name, std::span<const std::byte> bytes, Deadline deadline) {
  const std::string text = to_hex(bytes);
  const size_t pieces = (text.size() + text_bytes_max_ - 1) / text_bytes_max_;
  if (pieces > kEntriesMax) {
    return error(Code::resource, "{} bytes need {} entries of the process manager's store; the limit is {}",
                 bytes.size(), pieces, kEntriesMax);
  }
  for (size_t piece = 0; piece < pieces; ++piece) {
    const auto part = std::string_view(text).substr(piece * text_bytes_max_, text_bytes_max_);
    WEFT_TRY(put_text(fmt::format("{}.{}", name, piece), part, deadline));
  }
  return put_text(name, fmt::format("{}", pieces), deadline);
}

Expected<std::vector<std::byte>> Pmi1::get(std::string_view name, Deadline deadline) {
  WEFT_TRY_ASSIGN(const std::string count, get_text(name, deadline));
  const auto pieces = parse_size(count, kEntriesMax);
  if (!pieces) return error(Code::system_error, "{}=\"{}\" in the job's store is no number of pieces", name, count);
  std::string text;
  for (size_t piece = 0; piece < *pieces; ++piece) {
    WEFT_TRY_ASSIGN(const std::string part, get_text(fmt::format("{}.{}", name, piece), deadline));
    text += part;
  }
  auto bytes = from_hex(text);
  if (!bytes) return error(Code::system_error, "{} in the job's store is not what a rank of weft puts there", name);
  return std::move(*bytes);
}

Status Pmi1::barrier(Deadline deadline) {
  WEFT_TRY(ask("cmd=barrier_in", "barrier_out", deadline));
  return {};
}

Status Pmi1::finalize(Deadline deadline) {
  WEFT_TRY(ask("cmd=finalize", "finalize_ack", deadline));
  first_failure_ = Status(Code::invalid_usage, "this process has taken leave of its process manager already");
  return {};
}

Status Pmi1::put_text(std::string_view key, std::string_view text, Deadline deadline) {
  WEFT_TRY(ask(fmt::format("cmd=put kvsname={} key={} value={}", store_, key, text), "put_result", deadline));
  return {};
}

Expected<std::string> Pmi1::get_text(std::string_view key, Deadline deadline) {
  WEFT_TRY_ASSIGN(Words words, ask(fmt::format("cmd=get kvsname={} key={}", store_, key), "get_result", deadline));
  return words["value"];
}

Expected<Pmi1::Words> Pmi1::ask(std::string_view line, std::string_view answer, Deadline deadline) {
  if (!first_failure_.ok()) return failure_of(first_failure_.copy());
  auto words = ask_once(line, answer, deadline);
  if (!words) first_failure_ = words.error().copy();
  return words;
}

Expected<Pmi1::Words> Pmi1::ask_once(std::string_view line, std::string_view answer, Deadline deadline) const {
  const auto question = line.substr(0, line.find(" value="));
  const auto told = [&](Status status) {
    return Failure(Status(status.code(),
                          fmt::format("process manager on PMI_FD={}, asked \"{}\": {}", fd_, question, status.text())));
  };
  if (auto sent = send_line(line, deadline); !sent.ok()) return told(std::move(sent));
  auto reply = recv_line(deadline);
  if (!reply) return told(std::move(reply.error()));
  Words words = split_words(*reply);
  const auto rc = words.find("rc");
  if (words["cmd"] != answer || (rc != words.end() && rc->second != "0")) {
    return told(Status(Code::system_error, fmt::format("it answered \"{}\"", *reply)));
  }
  return words;
}

Status Pmi1::send_line(std::string_view line, Deadline deadline) const {
  const std::string text = fmt::format("{}\n", line);
  for (size_t sent = 0; sent < text.size();) {
    WEFT_TRY(wait_ready(fd_, POLLOUT, deadline));
    const ssize_t bytes = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (bytes < 0 && errno != EAGAIN && errno != EINTR) return error(Code::system_error, "{}", errno_text(errno));
    sent += bytes > 0 ? static_cast<size_t>(bytes) : 0;
  }
  return {};
}

Expected<std::string> Pmi1::recv_line(Deadline deadline) const {
  std::string line;
  while (line.find('\n') == std::string::npos) {
    WEFT_TRY(wait_ready(fd_, POLLIN, deadline));
    char buffer[kLineBytesMax];
    const ssize_t bytes = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (bytes == 0) return error(Code::system_error, "it closed the connection");
    if (bytes < 0 && errno != EAGAIN && errno != EINTR) return error(Code::system_error, "{}", errno_text(errno));
    if (bytes > 0) line.append(buffer, static_cast<size_t>(bytes));
    if (line.size() > kLineBytesMax)
      return error(Code::system_error, "its answer is longer than {} bytes", kLineBytesMax);
  }
  if (line.find('\n') != line.size() - 1) return error(Code::system_error, "it answered twice: \"{}\"", line);
  line.pop_back();
  return line;
}

namespace {

std::map<std::string, std::string, std::less<>> split_words(std::string_view line) {
  std::map<std::string, std::string, std::less<>> words;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    const size_t equals = word.find('=');
    if (equals != std::string_view::npos) words.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  return words;
}

std::optional<size_t> parse_size(std::string_view text, size_t most) {
  size_t size = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (problem != std::errc() || end != text.data() + text.size() || size > most) return std::nullopt;
  return size;
}

std::string to_hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes(text.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    unsigned value = 0;
    const char* const first = text.data() + 2 * i;
    const auto [end, problem] = std::from_chars(first, first + 2, value, 16);
    if (problem != std::errc() || end != first + 2) return std::nullopt;
    bytes[i] = static_cast<std::byte>(value);
  }
  return bytes;
}

Status wait_ready(int fd, short events, Deadline deadline) {
  for (;;) {
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(deadline.left_ms(kNapMs)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return error(Code::system_error, "{}", errno_text(errno));
    if (deadline.passed()) return error(Code::timeout, "no answer in time");
  }
}

}  // namespace
}  // namespace weft
