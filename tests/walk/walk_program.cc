// Two ranks as threads sum 8 bytes twice: the first call makes plan and connections, the second is the warm walk.
#include <weft/weft.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "recorder.h"

namespace {

bool sum(weftComm_t comm) {
  const float values[2] = {1, 2};
  float sums[2] = {};
  return weftAllReduce(values, sums, 2, weftFloat32, weftSum, comm, nullptr) == weftSuccess && sums[1] == 4;
}

}  // namespace

int main() {
  weftComm_t comms[2];
  if (weftCommInitAll(comms, 2, nullptr) != weftSuccess)
    return std::fprintf(stderr, "%s\n", weftGetLastError(nullptr)), 1;
  bool peer_right = false;
  std::thread peer([&] { peer_right = sum(comms[1]) && sum(comms[1]); });
  bool right = sum(comms[0]);
  std::this_thread::sleep_for(
      std::chrono::milliseconds(100));  // By then the peer's part is there: the call need not wait.
  const float values[2] = {1, 2};
  float sums[2] = {};
  weft::test::start_recording();
  right = right && weftAllReduce(values, sums, 2, weftFloat32, weftSum, comms[0], nullptr) == weftSuccess;
  weft::test::stop_recording();
  peer.join();
  weft::test::print_recording();
  for (weftComm_t comm : comms) right = weftCommDestroy(comm) == weftSuccess && right;
  return right && sums[1] == 4 && peer_right ? 0 : 1;
}
