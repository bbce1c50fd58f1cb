// The ways in which one rank can call something else than the others, as data: what each rank calls, and how the first
// difference is named.
#pragma once

#include <weft/weft.h>

#include <array>
#include <string>
#include <vector>

#include "collectives/catalog.h"

namespace weft::test {

struct Call {
  Collective collective = Collective::all_reduce;
  size_t count = 1;
  weftDataType_t type = weftFloat32;
  weftRedOp_t op = weftSum;
  int root = 0;

  weftResult_t make(weftComm_t comm, const void* in, void* out) const;
  bool operator==(const Call&) const = default;
};

enum class Deviation { collective, count_more, count_less, count_zero, type, op, root, swapped, extra, missing };
inline constexpr std::array<const char*, 10> kDeviationNames = {
    "other collective", "count + 1",  "count - 1",         "count 0",    "other type",
    "other operator",   "other root", "two calls swapped", "extra call", "missing call"};

struct MismatchCase {
  const CatalogRow* row;  // the collective, and the algorithm to be forced
  Deviation deviation;
  size_t bytes;
  int place;  // of the deviant: 0 first, 1 middle, 2 last
  int ranks;

  int deviant() const { return place == 0 ? 0 : place == 1 ? ranks / 2 : ranks - 1; }
  bool late() const;  // the deviant comes when the others have waited for a while
  std::string text() const;
};

// What `rank` calls; and after it, as often as needed, `last_call`, which differs from all calls of all cases.
std::vector<Call> calls_of(const MismatchCase& one, int rank);
Call last_call();
// The first place where the deviant's calls differ from the others', from 0, and what the text must call the
// difference.
size_t first_difference(const MismatchCase& one);
std::string differing_field(const MismatchCase& one);

// All that there are, or so many that every two values of two fields come together in one of them.
std::vector<MismatchCase> mismatch_cases(bool all);

}  // namespace weft::test
