#include "base/dtype.h"

#include <gtest/gtest.h>

#include <climits>
#include <set>

namespace weft {
namespace {

// every number that is a type, and the numbers around them
// expect: the type of that number; nothing
TEST(DataType, of_numbers) {
  for (int value = 0; value < kDataTypeCount; ++value) {
    ASSERT_TRUE(data_type_of(value).has_value());
    EXPECT_EQ(static_cast<int>(*data_type_of(value)), value);
  }
  for (const int value : {-1, kDataTypeCount, 255, 256, INT_MIN, INT_MAX})
    EXPECT_FALSE(data_type_of(value).has_value());
}

// every number that is an operator, and the numbers around them
// expect: the operator of that number; nothing
TEST(Operator, of_numbers) {
  for (int value = 0; value < kOperatorCount; ++value) EXPECT_EQ(static_cast<int>(*operator_of(value)), value);
  for (const int value : {-1, kOperatorCount, 255, 256, INT_MIN, INT_MAX}) EXPECT_FALSE(operator_of(value).has_value());
}

// the size of every type
// expect: the bits in its name, in bytes
TEST(DataType, sizes) {
  for (int value = 0; value < kDataTypeCount; ++value) {
    const auto type = static_cast<DataType>(value);
    const std::string_view name = name_of(type);
    const int bits = std::stoi(std::string(name.substr(name.find_first_of("0123456789"))));
    EXPECT_EQ(bytes_of(type) * 8, static_cast<size_t>(bits)) << name;
  }
}

// the names
// expect: all different
TEST(DataType, names) {
  EXPECT_EQ(std::set(kDataTypeNames.begin(), kDataTypeNames.end()).size(), kDataTypeNames.size());
  EXPECT_EQ(std::set(kOperatorNames.begin(), kOperatorNames.end()).size(), kOperatorNames.size());
  EXPECT_EQ(name_of(DataType::bfloat16), "bfloat16");
  EXPECT_EQ(name_of(Operator::avg), "avg");
}

}  // namespace
}  // namespace weft
