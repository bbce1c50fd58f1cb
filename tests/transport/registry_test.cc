#include "transport/registry.h"

#include <gtest/gtest.h>

#include <set>

#include "transport/couriers.h"

namespace weft {
namespace {

// every row
// expect: names are unique, and each makes a transport of its name that reaches its own process
TEST(Registry, rows_make_what_they_name) {
  std::set<std::string_view> names;
  for (const TransportRow& row : transport_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    test::PostOffice office;
    test::MemoryCourier courier(office, test::process_named(1));
    const auto transport = row.make(courier);
    ASSERT_TRUE(transport.has_value()) << transport.error().text();
    EXPECT_EQ((*transport)->name(), row.name);
    EXPECT_NE((*transport)->reach((*transport)->descriptor()), Reach::none);
  }
  EXPECT_TRUE(names.contains("shm"));
}

}  // namespace
}  // namespace weft
