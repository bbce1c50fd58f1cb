#include "transport/shm/address.h"

#include <gtest/gtest.h>

#include "transport/couriers.h"

namespace weft {
namespace {

// this process's identity
// expect: known, and the same when asked again
TEST(ShmAddress, identity_of_this_process) {
  const HostIdentity identity = HostIdentity::of_this_process();
  EXPECT_TRUE(identity.known());
  EXPECT_EQ(identity, HostIdentity::of_this_process());
  EXPECT_FALSE(HostIdentity().known());
}

// an address, encoded
// expect: decodes to the same
TEST(ShmAddress, round_trip) {
  const ShmAddress address{test::process_named(9), {{1, 2, 3}, 4, 5, 6}};
  const auto decoded = ShmAddress::decode(address.encode());
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->process, address.process);
  EXPECT_EQ(decoded->host, address.host);
}

// every shorter length, one byte more, another version
// expect: invalid_argument
TEST(ShmAddress, refuses_other_bytes) {
  const Bytes good = ShmAddress{test::process_named(9), HostIdentity::of_this_process()}.encode();
  for (size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_FALSE(ShmAddress::decode(std::span(good).first(bytes)).has_value()) << bytes;
  }
  Bytes longer = good;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(ShmAddress::decode(longer).has_value());
  for (size_t byte = 0; byte < 8; ++byte) {
    Bytes changed = good;
    changed[byte] ^= std::byte{1};
    EXPECT_EQ(ShmAddress::decode(changed).error().code(), Code::invalid_argument) << byte;
  }
}

}  // namespace
}  // namespace weft
