#include "transport/shm/memfd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "support/ranks.h"

namespace weft {
namespace {

constexpr size_t kBytes = 1u << 20;

OwnedFd plain_memfd() {
  return OwnedFd(memfd_create("plain", MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

Status refused(const OwnedFd& fd, std::string_view word) {
  const Status status = check_sealed_memfd(fd.get(), kBytes);
  if (!status.ok() && status.text().find(word) != std::string_view::npos) return {};
  return error(Code::internal_error, "not refused for \"{}\": {}", word, status.text());
}

// a memory file of ours
// expect: its size cannot change, it is closed on exec, nobody else may open it, all of it is allocated
TEST(Memfd, is_sealed_private_and_allocated) {
  const auto fd = make_sealed_memfd(kBytes, "a test");
  ASSERT_TRUE(fd.has_value()) << fd.error().text();
  EXPECT_EQ(ftruncate(fd->get(), 0), -1);
  EXPECT_EQ(ftruncate(fd->get(), 2 * kBytes), -1);
  EXPECT_EQ(fcntl(fd->get(), F_ADD_SEALS, F_SEAL_WRITE), -1) << "a peer could seal it against us";
  EXPECT_NE(fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
  struct stat status {};
  ASSERT_EQ(fstat(fd->get(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(static_cast<size_t>(status.st_blocks) * 512, kBytes);
  EXPECT_TRUE(check_sealed_memfd(fd->get(), kBytes).ok());
}

// files that a peer could send instead: of another size, not sealed, with holes, not files at all
// expect: each is refused, for its reason
TEST(Memfd, others_are_refused) {
  const auto check = []() -> Status {
    WEFT_TRY_ASSIGN(const OwnedFd larger, make_sealed_memfd(2 * kBytes, "a test"));
    WEFT_TRY(refused(larger, "2097152 bytes"));
    const OwnedFd open = plain_memfd();
    if (ftruncate(open.get(), kBytes) != 0) return error(Code::system_error, "ftruncate");
    WEFT_TRY(refused(open, "not sealed"));
    if (fcntl(open.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
      return error(Code::system_error, "seal");
    WEFT_TRY(refused(open, "allocated"));
    WEFT_TRY(refused(OwnedFd(::open("/dev/null", O_RDWR | O_CLOEXEC)), "bytes"));
    return refused(OwnedFd(), "examined");
  };
  const Status status = check();
  EXPECT_TRUE(status.ok()) << status.text();
}

// more than the machine has
// expect: an error that says how much was wanted, at once
TEST(Memfd, more_than_there_is) {
  const auto fd = make_sealed_memfd(size_t{1} << 50, "a test");
  ASSERT_FALSE(fd.has_value());
  EXPECT_EQ(fd.error().code(), Code::resource);
  EXPECT_NE(fd.error().text().find("1125899906842624 bytes"), std::string_view::npos) << fd.error().text();
}

// limits of the process: size of files (beyond which the kernel would send SIGXFSZ), number of open files
// expect: an error that names the limit and how to raise it
TEST(Memfd, limits_of_the_process) {
  // The hard limit comes down too: one of open files may be more than the kernel lets anybody set again.
  const auto meets = [](__rlimit_resource resource, rlim_t limit, rlim_t afterwards, std::string_view fix) {
    const rlimit lowered{limit, afterwards};
    if (setrlimit(resource, &lowered) != 0) {
      fmt::print(stderr, "not tested: this machine refuses setrlimit: {}\n", errno_text(errno));
      return;
    }
    const auto fd = make_sealed_memfd(kBytes, "a test");
    const rlimit restored{afterwards, afterwards};  // Leak checkers open files.
    EXPECT_EQ(setrlimit(resource, &restored), 0) << errno_text(errno);
    ASSERT_FALSE(fd.has_value());
    EXPECT_EQ(fd.error().code(), Code::resource);
    EXPECT_NE(fd.error().text().find(fix), std::string_view::npos) << fd.error().text();
  };
  test::run_processes(1, [&](int) { meets(RLIMIT_FSIZE, kBytes / 2, 1 << 20, "ulimit -f"); });
#if !defined(WEFT_SANITIZE_address_undefined)  // UndefinedBehaviorSanitizer opens pipes to look at virtual tables.
  test::run_processes(1, [&](int) { meets(RLIMIT_NOFILE, 0, 256, "ulimit -n"); });
#endif
}

// a mapping that is moved, and then its place mapped again by somebody else
// expect: unmapped once, by the last owner
TEST(Memfd, mapping_has_one_owner) {
  const auto is_mapped = [](void* address) {
    unsigned char in_core = 0;
    return mincore(address, 1, &in_core) == 0 || errno != ENOMEM;
  };
  const auto fd = make_sealed_memfd(kBytes, "a test");
  void* address = nullptr;
  {
    auto first = Mapping::of(fd->get(), kBytes, Mapping::Fork::leave_out);
    ASSERT_TRUE(first.has_value());
    address = first->data();
    Mapping second = std::move(*first);
    EXPECT_EQ(first->data(), nullptr);
    EXPECT_EQ(second.data(), address);
    second = Mapping();
    EXPECT_FALSE(is_mapped(address));
    EXPECT_EQ(mmap(address, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), address);
  }
  EXPECT_TRUE(is_mapped(address));
  munmap(address, kBytes);
}

}  // namespace
}  // namespace weft
