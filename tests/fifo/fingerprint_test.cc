#include "fifo/fingerprint.h"

#include <gtest/gtest.h>

#include <vector>

namespace weft {
namespace {

// The largest value of each field, in a row of signatures that have only that field.
std::vector<CallSignature> one_field_each() {
  return {{.sequence = 0xFFFF'FFFF},
          {.count = 0xFF'FFFF'FFFFu},
          {.root = 0xF'FFFF},
          {.collective = 0x3F},
          {.type = 0x1F},
          {.op = 0xFF},
          {.call_class = 3},
          {.options = 0x7FFF}};
}

bool same(const CallSignature& a, const CallSignature& b) {
  return a.sequence == b.sequence && a.count == b.count && a.root == b.root && a.collective == b.collective &&
         a.type == b.type && a.op == b.op && a.call_class == b.call_class && a.options == b.options;
}

// each field alone at its extreme, and all fields at theirs
// expect: unpack gives back what was packed
TEST(Fingerprint, round_trip) {
  CallSignature all;
  for (const CallSignature& signature : one_field_each()) {
    EXPECT_TRUE(same(unpack(pack(signature)), signature));
    all.sequence |= signature.sequence;
    all.count |= signature.count;
    all.root |= signature.root;
    all.collective |= signature.collective;
    all.type |= signature.type;
    all.op |= signature.op;
    all.call_class |= signature.call_class;
    all.options |= signature.options;
  }
  EXPECT_TRUE(same(unpack(pack(all)), all));
  EXPECT_TRUE(same(unpack(pack({})), {}));
}

// each field alone at its extreme
// expect: no two share a bit, and together they use all 128
TEST(Fingerprint, fields_do_not_overlap) {
  Fingerprint seen;
  for (const CallSignature& signature : one_field_each()) {
    const Fingerprint packed = pack(signature);
    EXPECT_EQ(packed.low & seen.low, 0u);
    EXPECT_EQ(packed.high & seen.high, 0u);
    seen.low |= packed.low;
    seen.high |= packed.high;
  }
  EXPECT_EQ(~seen.low, 0u);
  EXPECT_EQ(~seen.high, 0u);
}

// a value wider than its field
// expect: cut to its bits, and no other field changes
TEST(Fingerprint, wide_values_are_cut) {
  const CallSignature wide{
      .count = ~0ull, .root = ~0u, .collective = 0xFF, .type = 0xFF, .call_class = 0xFF, .options = 0xFFFF};
  const CallSignature cut = unpack(pack(wide));
  EXPECT_EQ(cut.sequence, 0u);
  EXPECT_EQ(cut.op, 0u);
  EXPECT_EQ(cut.count, 0xFF'FFFF'FFFFu);
  EXPECT_EQ(cut.root, 0xF'FFFFu);
  EXPECT_EQ(cut.collective, 0x3Fu);
  EXPECT_EQ(cut.type, 0x1Fu);
  EXPECT_EQ(cut.call_class, 3u);
  EXPECT_EQ(cut.options, 0x7FFFu);
}

}  // namespace
}  // namespace weft
