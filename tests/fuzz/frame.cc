// The stream of a control connection, cut where the kernel cuts it. A stream of anybody's gives the frames that stand
// in it, up to the first thing that cannot be trusted, and leaves no descriptor behind. A stream that weft sends gives
// the frames that were queued, each with its own descriptor.
#include "bootstrap/frame.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>

#include "base/assert.h"
#include "bootstrap/wire.h"
#include "input.h"

namespace weft {
namespace {

constexpr size_t kBodyBytesMax = 600;          // of the reader of anybody's stream
constexpr size_t kHonestBodyBytesMax = 65536;  // larger than what a socket's buffer holds, so that frames go in parts
constexpr size_t kFdsMax = 2;                  // more than a frame may bring

struct Ends {
  OwnedFd a, b;
};
Ends make_sockets() {
  int fds[2];
  WEFT_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
  return {OwnedFd(fds[0]), OwnedFd(fds[1])};
}
Ends make_pipe() {
  int fds[2];
  WEFT_ASSERT(::pipe2(fds, O_CLOEXEC) == 0);
  return {OwnedFd(fds[0]), OwnedFd(fds[1])};
}

void send_segment(int socket, std::span<const std::byte> bytes, int fd, size_t fd_count) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char space[CMSG_SPACE(kFdsMax * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd_count > 0) {
    message.msg_control = space;
    message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
    const std::array<int, kFdsMax> fds = {fd, fd};
    std::memcpy(CMSG_DATA(header), fds.data(), fd_count * sizeof(int));
  }
  WEFT_ASSERT(::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size()));
}

// The frames of the bytes sent so far, and whether one of them, or the next, is too long.
struct Model {
  std::vector<Frame> frames;
  bool too_long = false, any_has_fd = false;
};
Model model_of(std::span<const std::byte> stream) {
  Model model;
  while (stream.size() >= kFrameHeaderBytes) {
    ByteReader header(stream);
    const size_t length = header.number<uint32_t>();
    model.too_long = length > kBodyBytesMax;
    if (model.too_long || stream.size() - kFrameHeaderBytes < length) break;
    Frame frame;
    frame.kind = static_cast<FrameKind>(header.number<uint8_t>());
    frame.has_fd = header.number<uint8_t>() % 2 != 0;
    const auto body = stream.subspan(kFrameHeaderBytes, length);
    frame.body.assign(body.begin(), body.end());
    model.any_has_fd |= frame.has_fd;
    model.frames.push_back(std::move(frame));
    stream = stream.subspan(kFrameHeaderBytes + length);
  }
  return model;
}

void check_frames(const std::vector<Frame>& frames, const std::vector<Frame>& expected) {
  WEFT_ASSERT(frames.size() <= expected.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    WEFT_ASSERT(frames[i].kind == expected[i].kind && frames[i].body == expected[i].body);
    WEFT_ASSERT(frames[i].has_fd == expected[i].has_fd && frames[i].fd.valid() == frames[i].has_fd);
  }
}

// Segments: a length, a number of descriptors, the bytes.
void check_anybodys(fuzz::Input& input) {
  Ends pipe = make_pipe();
  {
    Ends sockets = make_sockets();
    FrameReader reader(kBodyBytesMax);
    std::vector<Frame> frames;
    std::vector<std::byte> stream;
    bool any_fd = false;
    auto state = FrameReader::State::open;
    while (!input.at_end() && state == FrameReader::State::open) {
      const size_t length = input.byte(), fds = input.byte() % (kFdsMax + 1);
      const auto bytes = input.bytes(length);
      if (bytes.empty()) continue;
      any_fd |= fds > 0;
      stream.insert(stream.end(), bytes.begin(), bytes.end());
      send_segment(sockets.a.get(), bytes, pipe.b.get(), fds);
      state = reader.read(sockets.b.get(), frames);
    }
    const Model model = model_of(stream);
    check_frames(frames, model.frames);
    const bool broken = state == FrameReader::State::broken;
    WEFT_ASSERT(broken == !reader.reason().empty());
    if (!broken) WEFT_ASSERT(!model.too_long && frames.size() == model.frames.size());
    if (broken) WEFT_ASSERT(model.too_long || model.any_has_fd || any_fd);
    sockets.a.reset();
    if (!broken) WEFT_ASSERT(reader.read(sockets.b.get(), frames) == FrameReader::State::closed);
  }
  pipe.b.reset();
  pollfd hung_up = {pipe.a.get(), POLLIN, 0};
  WEFT_ASSERT(::poll(&hung_up, 1, 0) == 1 && (hung_up.revents & POLLHUP) != 0);  // else a copy is still open somewhere
}

uint64_t file_of(int fd) {
  struct stat found {};
  WEFT_ASSERT(::fstat(fd, &found) == 0);
  return found.st_ino;
}

struct Sent {
  FrameKind kind;
  std::vector<std::byte> body;
  uint64_t file = 0;  // 0: no descriptor came along
};

// Three bytes: the kind and two factors of the length; some lengths bring a descriptor.
Sent push_frame(fuzz::Input& input, SendQueue& queue) {
  Sent sent = {static_cast<FrameKind>(input.byte()), {}};
  const size_t length = size_t{input.byte()} * input.byte();
  for (size_t i = 0; i < length; ++i) sent.body.push_back(static_cast<std::byte>(i * 7 + i / 256));
  if (length % 3 != 1) {
    queue.push(make_frame(sent.kind, sent.body));
    return sent;
  }
  Ends pipe = make_pipe();
  sent.file = file_of(pipe.a.get());
  queue.push(make_frame(sent.kind, sent.body, true), std::move(pipe.a));
  return sent;
}

void check_received(const std::vector<Frame>& frames, const std::vector<Sent>& sent) {
  WEFT_ASSERT(frames.size() == sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    WEFT_ASSERT(frames[i].kind == sent[i].kind && frames[i].body == sent[i].body);
    WEFT_ASSERT(frames[i].has_fd == (sent[i].file != 0));
    if (frames[i].has_fd) WEFT_ASSERT(file_of(frames[i].fd.get()) == sent[i].file);
  }
}

void check_wefts(fuzz::Input& input) {
  Ends sockets = make_sockets();
  const int buffer_bytes = 1;  // The kernel makes it the least that it allows.
  WEFT_ASSERT(::setsockopt(sockets.a.get(), SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes) == 0);
  SendQueue queue;
  FrameReader reader(kHonestBodyBytesMax);
  std::vector<Frame> frames;
  std::vector<Sent> sent;
  while (!input.at_end() && sent.size() < 16) {
    sent.push_back(push_frame(input, queue));
    WEFT_ASSERT(queue.flush(sockets.a.get()) == 0);
    if (input.byte() % 2 == 0) WEFT_ASSERT(reader.read(sockets.b.get(), frames) == FrameReader::State::open);
  }
  while (!queue.empty()) {
    WEFT_ASSERT(queue.queued_bytes() > 0 && queue.flush(sockets.a.get()) == 0);
    WEFT_ASSERT(reader.read(sockets.b.get(), frames) == FrameReader::State::open);
  }
  WEFT_ASSERT(queue.queued_bytes() == 0);
  WEFT_ASSERT(reader.read(sockets.b.get(), frames) == FrameReader::State::open);
  check_received(frames, sent);
  sockets.b.reset();
  queue.push(make_frame(FrameKind::leave, {}));
  WEFT_ASSERT(queue.flush(sockets.a.get()) == EPIPE);
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  fuzz::Input input(data, size);
  input.byte() == 'w' ? check_wefts(input) : check_anybodys(input);
  return 0;
}
