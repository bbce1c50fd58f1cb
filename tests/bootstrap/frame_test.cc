#include "bootstrap/frame.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <string>

#include "bootstrap/secret.h"

namespace weft {
namespace {

struct Pair {
  Pair() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    one = OwnedFd(ends[0]);
    two = OwnedFd(ends[1]);
  }
  OwnedFd one, two;
};

std::string text_of(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.body.data()), frame.body.size()};
}

OwnedFd new_file(size_t bytes) {
  OwnedFd fd(memfd_create("weft-test", MFD_CLOEXEC));
  EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
  return fd;
}

size_t size_of(const OwnedFd& fd) {
  struct stat status {};
  EXPECT_EQ(fstat(fd.get(), &status), 0);
  return static_cast<size_t>(status.st_size);
}

// Two copies of one descriptor come along.
void send_with_twins(int socket, const std::vector<std::byte>& bytes, int fd) {
  const std::array<int, 2> fds = {fd, fd};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof fds)] = {};
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(header), fds.data(), sizeof fds);
  ASSERT_EQ(sendmsg(socket, &message, 0), static_cast<ssize_t>(bytes.size()));
}

// two frames, cut at every place of the stream
// expect: both, whole and in order, wherever the cut is
TEST(Frame, cut_anywhere) {
  std::vector<std::byte> stream = *make_frame(FrameKind::leave, part_of("first"));
  const auto second = make_frame(FrameKind::parcel, part_of(""));
  stream.insert(stream.end(), second->begin(), second->end());
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    Pair pair;
    FrameReader reader(100);
    std::vector<Frame> frames;
    ASSERT_EQ(send(pair.one.get(), stream.data(), cut, 0), static_cast<ssize_t>(cut));
    EXPECT_EQ(reader.read(pair.two.get(), frames), FrameReader::State::open);
    ASSERT_EQ(send(pair.one.get(), stream.data() + cut, stream.size() - cut, 0),
              static_cast<ssize_t>(stream.size() - cut));
    EXPECT_EQ(reader.read(pair.two.get(), frames), FrameReader::State::open);
    ASSERT_EQ(frames.size(), 2u) << cut;
    EXPECT_EQ(frames[0].kind, FrameKind::leave);
    EXPECT_EQ(text_of(frames[0]), "first");
    EXPECT_EQ(frames[1].kind, FrameKind::parcel);
    EXPECT_TRUE(frames[1].body.empty());
  }
}

// a queue of frames far larger than the socket's buffer, every third with a descriptor
// expect: every frame with its own descriptor, in order
TEST(Frame, descriptors_stay_with_their_frames) {
  Pair pair;
  SendQueue queue;
  FrameReader reader(5000);
  std::vector<Frame> frames;
  constexpr size_t kFrames = 300;
  for (size_t i = 0; i < kFrames; ++i) {
    const std::string body(1000 + i, 'x');
    queue.push(make_frame(FrameKind::parcel, part_of(body), i % 3 == 0), i % 3 == 0 ? new_file(i + 1) : OwnedFd());
  }
  EXPECT_GT(queue.queued_bytes(), 300'000u);
  while (!queue.empty() || frames.size() < kFrames) {
    ASSERT_EQ(queue.flush(pair.one.get()), 0);
    ASSERT_EQ(reader.read(pair.two.get(), frames), FrameReader::State::open) << reader.reason();
  }
  EXPECT_EQ(queue.queued_bytes(), 0u);
  for (size_t i = 0; i < kFrames; ++i) {
    ASSERT_EQ(frames[i].body.size(), 1000 + i);
    ASSERT_EQ(frames[i].fd.valid(), i % 3 == 0);
    if (i % 3 != 0) continue;
    EXPECT_EQ(size_of(frames[i].fd), i + 1);
    EXPECT_NE(fcntl(frames[i].fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

// a frame longer than the limit; one that announces a descriptor and brings none
// expect: broken, with the reason
TEST(Frame, nonsense) {
  for (const bool too_long : {true, false}) {
    Pair pair;
    const std::string body(too_long ? 101 : 1, 'x');
    const auto frame = make_frame(FrameKind::parcel, part_of(body), !too_long);
    ASSERT_EQ(send(pair.one.get(), frame->data(), frame->size(), 0), static_cast<ssize_t>(frame->size()));
    FrameReader reader(100);
    std::vector<Frame> frames;
    EXPECT_EQ(reader.read(pair.two.get(), frames), FrameReader::State::broken);
    EXPECT_NE(reader.reason().find(too_long ? "101" : "descriptor"), std::string::npos);
  }
}

// a frame that brings two descriptors
// expect: broken; both are closed with the reader and the frames
TEST(Frame, two_descriptors) {
  Pair pair;
  int pipe_ends[2];
  ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
  const OwnedFd read_end(pipe_ends[0]);
  OwnedFd write_end(pipe_ends[1]);
  {
    const auto frame = make_frame(FrameKind::parcel, part_of("x"), true);
    send_with_twins(pair.one.get(), *frame, write_end.get());
    FrameReader reader(100);
    std::vector<Frame> frames;
    EXPECT_EQ(reader.read(pair.two.get(), frames), FrameReader::State::open);
    send_with_twins(pair.one.get(), *frame, write_end.get());
    EXPECT_EQ(reader.read(pair.two.get(), frames), FrameReader::State::broken);
  }
  write_end.reset();
  char byte;
  EXPECT_EQ(read(read_end.get(), &byte, 1), 0);  // The end of the pipe: nobody holds the other end.
}

// the other side closes after a frame and a half
// expect: the whole frame, then closed
TEST(Frame, closed) {
  Pair pair;
  const auto frame = make_frame(FrameKind::enroll, part_of("whole"));
  ASSERT_GT(send(pair.one.get(), frame->data(), frame->size(), 0), 0);
  ASSERT_GT(send(pair.one.get(), frame->data(), frame->size() - 1, 0), 0);
  pair.one.reset();
  FrameReader reader(100);
  std::vector<Frame> frames;
  EXPECT_EQ(reader.read(pair.two.get(), frames), FrameReader::State::closed);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(text_of(frames[0]), "whole");
}

}  // namespace
}  // namespace weft
