#include "transport/conformance.h"

namespace weft::test {
namespace {

std::vector<Backend> backends() {
  std::vector<Backend> all = {{"shm_processes", Reach::mapped, {}, run_shm_processes},
                              {"shm_threads", Reach::mapped, {}, run_shm_threads},
                              {"loop_mapped", Reach::mapped, {}, run_loop},
                              {"loop_message", Reach::message, {}, run_loop}};
  for (const uint64_t seed : {1, 2, 3}) {
    const LoopFaults late{.seed = seed, .delay_max = 40, .completion_max = 20};
    all.push_back({fmt::format("loop_mapped_late_{}", seed), Reach::mapped, late, run_loop});
    all.push_back({fmt::format("loop_message_late_{}", seed), Reach::message, late, run_loop});
  }
  return all;
}

std::vector<Backend> those(bool (*wanted)(const Backend&)) {
  std::vector<Backend> some;
  for (const Backend& backend : backends()) {
    if (wanted(backend)) some.push_back(backend);
  }
  return some;
}

bool any(const Backend&) {
  return true;
}
bool mapped(const Backend& backend) {
  return backend.kind == Reach::mapped;
}
bool direct(const Backend& backend) {
  return mapped(backend) && !backend.faults.touch_messages();
}
bool message(const Backend& backend) {
  return backend.kind == Reach::message;
}

std::string name_of(const ::testing::TestParamInfo<Backend>& parameter) {
  return parameter.param.name;
}

INSTANTIATE_TEST_SUITE_P(, Conformance, ::testing::ValuesIn(those(any)), name_of);
INSTANTIATE_TEST_SUITE_P(, MappedConformance, ::testing::ValuesIn(those(mapped)), name_of);
INSTANTIATE_TEST_SUITE_P(, DirectConformance, ::testing::ValuesIn(those(direct)), name_of);
INSTANTIATE_TEST_SUITE_P(, MessageConformance, ::testing::ValuesIn(those(message)), name_of);

}  // namespace
}  // namespace weft::test
