#include "base/config.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

Expected<Config> parse(std::map<std::string, std::string, std::less<>> values) {
  return Config::parse(Environment(std::move(values)));
}

// nothing set
// expect: defaults
TEST(Config, defaults) {
  const auto config = parse({});
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->integer(Variable::slot_bytes), 65536);
  EXPECT_EQ(config->number(Variable::init_timeout), 120);
  EXPECT_FALSE(config->is_set(Variable::rank));
  EXPECT_TRUE(config->warnings().empty());
}

// a value out of range, a value that is no number, a fraction where a whole number is due
// expect: an error that names variable and value
TEST(Config, refuses_bad_values) {
  for (const auto* value : {"1", "many", "4.5", "3 ", "", "1e99"}) {
    const auto config = parse({{"WEFT_SLOTS", value}});
    if (*value == '\0') {
      EXPECT_TRUE(config.has_value()) << "an empty value counts as not set";
      continue;
    }
    ASSERT_FALSE(config.has_value()) << value;
    EXPECT_EQ(config.error().code(), Code::config);
    EXPECT_NE(config.error().text().find("WEFT_SLOTS"), std::string::npos);
    EXPECT_NE(config.error().text().find(value), std::string::npos);
  }
}

// a choice that is not offered
// expect: the error lists the choices
TEST(Config, lists_choices) {
  const auto config = parse({{"WEFT_DEBUG", "loud"}});
  ASSERT_FALSE(config.has_value());
  EXPECT_NE(config.error().text().find("none error warn info trace"), std::string::npos);
  EXPECT_FALSE(parse({{"WEFT_DEBUG", "warn info"}}).has_value());
}

// a misspelt name
// expect: a warning with the nearest
TEST(Config, warns_about_unknown_names) {
  const auto config = parse({{"WEFT_SLOT_BYTE", "4096"}, {"PATH", "/bin"}});
  ASSERT_TRUE(config.has_value());
  ASSERT_EQ(config->warnings().size(), 1u);
  EXPECT_NE(config->warnings()[0].find("WEFT_SLOT_BYTES"), std::string::npos);
}

// two ranks with different plan-shaping values, and with different values that shape no plan
// expect: different hash, equal hash
TEST(Config, plan_hash) {
  EXPECT_NE(parse({{"WEFT_SLOTS", "8"}})->plan_hash(), parse({})->plan_hash());
  EXPECT_EQ(parse({{"WEFT_TIMEOUT", "8"}})->plan_hash(), parse({})->plan_hash());
}

}  // namespace
}  // namespace weft
