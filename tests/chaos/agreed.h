// What the text of a failure says of the agreement, taken apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace weft::test {

// The ranks of "… agree on failed={1, 3-5}"; none if the text says nothing of an agreement.
std::optional<std::vector<int>> agreed_ranks(const std::string& text);

}  // namespace weft::test
