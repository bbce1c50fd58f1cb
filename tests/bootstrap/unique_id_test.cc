#include "bootstrap/unique_id.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

UniqueId example() {
  UniqueId id = draw_unique_id();
  id.host_identity = 0x0123456789abcdef;
  id.root = TcpAddress{6, 4711, {0xfd, 1, 2, 3}};
  id.port_count = 16;
  return id;
}

// an id packed and parsed
// expect: the same id
TEST(UniqueId, round_trip) {
  const UniqueId id = example();
  const auto parsed = parse_unique_id(pack(id));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(*parsed == id);
}

// every bit of a packed id flipped, one at a time
// expect: refused
TEST(UniqueId, damage) {
  const UniqueIdBytes good = pack(example());
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    UniqueIdBytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_FALSE(parse_unique_id(bad).has_value()) << bit;
  }
}

// bytes that are no id of weft, an id cut short, one of another wire version
// expect: an error that says which of these it is
TEST(UniqueId, foreign) {
  const UniqueIdBytes zeros{};
  EXPECT_NE(parse_unique_id(zeros).error().text().find("weftGetUniqueId"), std::string::npos);
  UniqueIdBytes bytes = pack(example());
  EXPECT_NE(parse_unique_id(std::span(bytes).first(127)).error().text().find("127"), std::string::npos);
  bytes[8] = std::byte{77};
  EXPECT_EQ(parse_unique_id(bytes).error().code(), Code::version);
}

// an id whose trust or address family no weft has
// expect: refused, with both
TEST(UniqueId, senseless) {
  UniqueId id = example();
  id.trust = static_cast<Trust>(9);
  EXPECT_NE(parse_unique_id(pack(id)).error().text().find("trust 9"), std::string::npos);
  id = example();
  id.root.family = 5;
  EXPECT_NE(parse_unique_id(pack(id)).error().text().find("family 5"), std::string::npos);
}

// two ids drawn
// expect: nothing in common
TEST(UniqueId, random) {
  const UniqueId a = draw_unique_id(), b = draw_unique_id();
  EXPECT_NE(a.communicator, b.communicator);
  EXPECT_NE(a.secret, b.secret);
  EXPECT_NE(a.unix_name(), b.unix_name());
}

// two ranks of one job, and jobs that differ in one name each
// expect: the same id; different sockets and communicators
TEST(UniqueId, well_known) {
  const JobNames names{"weft", "job-7", "node-a:4711", 0};
  const TcpAddress root{4, 4711, {10, 0, 0, 1}};
  const UniqueId id = well_known(names, root, 1, std::nullopt, false);
  EXPECT_TRUE(id == well_known(names, root, 1, std::nullopt, false));
  for (const JobNames& other :
       {JobNames{"mpich", "job-7", "node-a:4711", 0}, JobNames{"weft", "job-8", "node-a:4711", 0},
        JobNames{"weft", "job-7", "node-b:4711", 0}, JobNames{"weft", "job-7", "node-a:4711", 1}}) {
    const UniqueId different = well_known(other, root, 1, std::nullopt, false);
    EXPECT_NE(different.communicator, id.communicator);
    EXPECT_NE(different.unix_name(), id.unix_name());
  }
}

// a job without a secret, with one, and insecure
// expect: the trust that this is worth; the secret itself never stands in the id's names
TEST(UniqueId, trust) {
  const JobNames names{"weft", "job-7", "node-a:4711", 0};
  EXPECT_EQ(well_known(names, {}, 1, std::nullopt, false).trust, Trust::local);
  EXPECT_EQ(well_known(names, {}, 1, std::nullopt, true).trust, Trust::insecure);
  const UniqueId one = well_known(names, {}, 1, random_secret(), true),
                 two = well_known(names, {}, 1, random_secret(), true);
  EXPECT_EQ(one.trust, Trust::secret);
  EXPECT_NE(one.secret, two.secret);
  EXPECT_EQ(one.unix_name(), two.unix_name());
}

// secrets as text: right, too short, with a letter that is no digit
// expect: 32 bytes; errors that do not print the secret
TEST(UniqueId, secret_text) {
  const std::string digits = "00ff10Ab" + std::string(56, '7');
  const auto secret = parse_secret(digits);
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ((*secret)[1], 0xff);
  EXPECT_EQ((*secret)[3], 0xab);
  for (const std::string& bad : {digits.substr(1), digits.substr(1) + "g", std::string()}) {
    const auto refused = parse_secret(bad);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().text().find("0ff10A"), std::string::npos);
  }
}

}  // namespace
}  // namespace weft
