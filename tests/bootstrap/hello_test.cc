#include "bootstrap/hello.h"

#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

Hello example() {
  Hello hello;
  hello.wire_version = 0x01020304;
  hello.library_version = 1213;
  hello.purpose = Purpose::link;
  hello.role = Role::accepting;
  hello.rank = 7;
  hello.nranks = 9;
  hello.communicator = 0x1122334455667788;
  hello.plan_hash = 0x99;
  hello.process.bytes = {5, 6};
  hello.nonce = {3, 2, 1};
  return hello;
}

// the bytes of a hello
// expect: the layout that is fixed for ever
TEST(Hello, layout) {
  const HelloBytes bytes = encode(example());
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ(text.substr(0, 8), "\x89weft\r\n\x1a");
  EXPECT_EQ(text.substr(8, 4), "\x04\x03\x02\x01");
  EXPECT_EQ(text.substr(12, 4), std::string("\xbd\x04\0\0", 4));
  EXPECT_EQ(text.substr(16, 4), std::string("\x02\x02\0\0", 4));
  EXPECT_EQ(text.substr(20, 12), std::string("\x07\0\0\0\x09\0\0\0\0\0\0\0", 12));
  EXPECT_EQ(text.substr(32, 8), "\x88\x77\x66\x55\x44\x33\x22\x11");
  EXPECT_EQ(text.substr(40, 8), std::string("\x99\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(text.substr(48, 3), std::string("\x05\x06\0", 3));
  EXPECT_EQ(text.substr(64, 4), std::string("\x03\x02\x01\0", 4));
}

// a hello written and read; one without the magic
// expect: the same; nothing
TEST(Hello, round_trip) {
  HelloBytes bytes = encode(example());
  const auto hello = decode_hello(bytes);
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(encode(*hello), bytes);
  bytes[0] = std::byte{'G'};
  EXPECT_FALSE(decode_hello(bytes).has_value());
}

// proofs that differ in one thing: the secret, the side, either hello
// expect: all different
TEST(Hello, proofs) {
  const Secret secret = random_secret();
  const HelloBytes one = encode(example()), two = encode(Hello());
  const Digest proof = proof_of(secret, Role::connecting, one, two);
  EXPECT_TRUE(equal_in_constant_time(proof, proof_of(secret, Role::connecting, one, two)));
  EXPECT_FALSE(equal_in_constant_time(proof, proof_of(random_secret(), Role::connecting, one, two)));
  EXPECT_FALSE(equal_in_constant_time(proof, proof_of(secret, Role::accepting, one, two)));
  EXPECT_FALSE(equal_in_constant_time(proof, proof_of(secret, Role::connecting, two, one)));
  EXPECT_FALSE(equal_in_constant_time(proof, proof_of(secret, Role::connecting, one, one)));
}

// versions in messages
// expect: library and wire
TEST(Hello, version_text) {
  EXPECT_EQ(version_text(example()), "weft 0.12.13 (wire version 16909060)");
}

}  // namespace
}  // namespace weft
