// A stream of mixed collectives that all ranks of a communicator run alike, drawn from a seed, each with a known
// result. Little is done between two of them, so that a blow at any instant mostly finds a rank inside one.
#pragma once

#include <weft/weft.h>

#include <map>

#include "base/random.h"
#include "chaos/guarded.h"

namespace weft::test {

enum class Load { heavy, light };  // half a megabyte at most; or little, for long streams

class Stream {
 public:
  Stream(weftComm_t comm, int ranks, int rank, uint64_t seed, Load load);

  // The next collective. A success is exact and has changed nothing beside its output, or the test has failed.
  weftResult_t run_next();
  // Whatever became of the latest: no byte beside its output has changed, in any buffer of this stream.
  void expect_untouched();

  bool right() const { return right_; }
  uint64_t called() const { return called_; }

 private:
  enum class Kind : int { all_reduce, reduce_scatter, all_gather, broadcast, reduce };
  struct Call {
    Kind kind = Kind::all_reduce;
    weftDataType_t type = weftInt32;
    weftRedOp_t op = weftSum;
    size_t count = 0;
    int root = 0;
    bool in_place = false;
    size_t phase = 0;  // of the values: where in their table it begins
    size_t start = 0;  // of the region, in bytes
  };
  Call draw();
  weftResult_t make();
  template <typename T>
  void lay_out();
  template <typename T>
  bool is_exact() const;
  template <typename T>
  bool input_is_left() const;
  void fail(const char* what);

  // What the call was lent of the output buffer, and which part of that it may write; in elements.
  size_t region() const;
  size_t first() const { return scatters_in_place() ? static_cast<size_t>(rank_) * call_.count : 0; }
  size_t written() const;
  bool scatters_in_place() const { return call_.kind == Kind::reduce_scatter && call_.in_place; }
  size_t element_bytes() const;
  size_t blocks() const { return static_cast<size_t>(ranks_); }
  int factor() const;
  std::byte* region_at(size_t element) { return output_.at(call_.start + element * element_bytes()); }
  const std::byte* region_at(size_t element) const { return output_.at(call_.start + element * element_bytes()); }
  const std::byte* input() const;

  const weftComm_t comm_;
  const int ranks_, rank_;
  const Load load_;
  Random random_;
  Call call_;
  uint64_t called_ = 0;
  bool right_ = true;
  Guarded output_;
  std::map<weftDataType_t, Guarded> inputs_;  // of each type the whole table, made when it is needed
};

}  // namespace weft::test
