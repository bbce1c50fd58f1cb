#include "exec/world.h"

#include <gtest/gtest.h>

#include <bit>

#include "exec/ends.h"
#include "exec/plan.h"
#include "support/reference.h"
#include "transport/loop/loop_transport.h"
#include "transport/registry.h"
#include "transport/shm/shm_transport.h"

namespace weft::test {
namespace {

constexpr int kRoundsMax = 1'000'000;  // in which every rank is advanced once; more is a hang

std::shared_ptr<LoopNetwork> network_for(Wire wire) {
  if (wire == Wire::shm) return nullptr;
  if (wire == Wire::loop_mapped) return LoopNetwork::make(Reach::mapped);
  LoopFaults faults;
  if (wire == Wire::loop_message_faulty) faults = {.seed = 7, .delay_max = 23, .completion_max = 11};
  return LoopNetwork::make(Reach::message, faults);
}

}  // namespace

std::string name_of(Wire wire) {
  switch (wire) {
    case Wire::shm:
      return "shm";
    case Wire::loop_mapped:
      return "loop_mapped";
    case Wire::loop_message:
      return "loop_message";
    case Wire::loop_message_faulty:
      return "loop_message_faulty";
  }
  return "";
}

struct World::Rank {
  std::unique_ptr<Transport> transport;
  std::unique_ptr<Ends> ends;
  std::unique_ptr<Plan> plan;
  std::unique_ptr<HostExecutor> executor;
  std::vector<std::vector<SlotEvent>> slots;  // executed, by lane
  std::vector<std::byte> input;               // as it was before the operation
  std::vector<std::byte> send, recv;          // what the operation works on; in place: recv alone
  bool in_place = false;
};

World::World(Wire wire, int ranks, const ConnectionShape& shape) : shape_(shape), network_(network_for(wire)) {
  courier_ = std::make_unique<MemoryCourier>(office_, process_named(1));
  for (int rank = 0; rank < ranks; ++rank) {
    auto& made = ranks_.emplace_back(std::make_unique<Rank>());
    if (network_ != nullptr) {
      made->transport = LoopTransport::make(network_, doorbell_);
    } else if (rank == 0) {  // One shm transport serves all ranks of a process.
      made->transport = *ShmTransport::make(*courier_);
    }
  }
  for (int rank = 0; rank < ranks; ++rank) {
    std::vector<PeerRoute> routes;
    for (int peer = 0; peer < ranks; ++peer) {
      Transport* mine = ranks_[network_ ? static_cast<size_t>(rank) : 0]->transport.get();
      const Transport& theirs = *ranks_[network_ ? static_cast<size_t>(peer) : 0]->transport;
      routes.push_back({peer == rank ? nullptr : mine, theirs.descriptor()});
    }
    ranks_[static_cast<size_t>(rank)]->ends = std::make_unique<Ends>(
        Ends::Identity{.communicator = 5, .epoch = 0, .rank = static_cast<uint32_t>(rank)}, shape_, routes, doorbell_);
  }
}

World::~World() {
  for (auto& rank : ranks_) rank->ends.reset();
}

std::string World::run(const Job& job) {
  open(job);
  fill(job);
  std::string wrong = execute(job);
  if (wrong.empty()) wrong = check_outputs(job);
  if (wrong.empty()) wrong = check_trace(job);
  return wrong;
}

void World::open(const Job& job) {
  for (size_t r = 0; r < ranks_.size(); ++r) {
    const Shape shape{.ranks = job.ranks, .rank = static_cast<int>(r), .root = job.root};
    ranks_[r]->executor.reset();
    ranks_[r]->plan = std::make_unique<Plan>(job.row->generate(shape));
  }
  bool all = false;
  for (int round = 0; !all; ++round) {
    ASSERT_LT(round, kRoundsMax) << "connections do not open";
    all = true;
    for (auto& rank : ranks_) {
      const auto open = rank->ends->try_open(rank->plan->schedule().ports);
      ASSERT_TRUE(open.has_value()) << open.error().text();
      all &= *open;
    }
  }
  for (auto& rank : ranks_) {
    rank->plan->bind(*rank->ends, true);
    rank->executor = std::make_unique<HostExecutor>(*rank->plan, shape_.slot_bytes);
  }
}

void World::fill(const Job& job) {
  const Collective collective = job.row->collective;
  const size_t one = job.block_bytes(), all = one * job.blocks();
  for (size_t r = 0; r < ranks_.size(); ++r) {
    Rank& rank = *ranks_[r];
    const size_t sent = collective == Collective::reduce_scatter ? all : one;
    const size_t received = collective == Collective::all_gather ? all : one;
    rank.input = input_of_rank(job.inputs, static_cast<int>(r), sent / bytes_of(job.inputs.type));
    rank.in_place = job.in_place;
    rank.recv.assign(job.in_place ? std::max(sent, received) : received, std::byte{0xA5});
    rank.send = rank.input;
    if (!job.in_place) continue;
    const size_t at = collective == Collective::all_gather ? r * one : 0;
    std::copy(rank.input.begin(), rank.input.end(), rank.recv.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

Work World::work_of(const Job& job, size_t r) {
  Rank& rank = *ranks_[r];
  const size_t one = job.block_bytes(), mine = r * one;
  const Collective collective = job.row->collective;
  const std::byte* input = job.in_place ? rank.recv.data() : rank.send.data();
  std::byte* output = rank.recv.data();
  if (!job.in_place && collective == Collective::all_gather) input -= mine;
  if (!job.in_place && collective == Collective::reduce_scatter) output -= mine;
  return {.input = input,
          .output = output,
          .layout = Layout(one, static_cast<uint32_t>(job.blocks()), rank.plan->schedule().chunks,
                           rank.plan->pass_bytes(shape_.slot_bytes)),
          .element_shift = static_cast<uint32_t>(std::countr_zero(bytes_of(job.inputs.type))),
          .fold = fold_for(job.inputs.type, job.inputs.op),
          .divisor = job.inputs.op == Operator::avg ? static_cast<uint32_t>(job.ranks) : 1,
          .fingerprint = pack({.sequence = operations_})};
}

std::string World::execute(const Job& job) {
  ++operations_;
  for (size_t r = 0; r < ranks_.size(); ++r) {
    ranks_[r]->slots.assign(ranks_[r]->plan->schedule().lanes.size(), {});
    ranks_[r]->executor->trace_into(&ranks_[r]->slots);
    ranks_[r]->executor->start(work_of(job, r));
  }
  bool all = false;
  for (int round = 0; !all; ++round) {
    if (round == kRoundsMax) return "does not end";
    all = true;
    for (auto& rank : ranks_) {
      const Progress progress = rank->executor->advance();
      if (progress == Progress::failed) return "a slot was refused";
      if (Status pumped = rank->ends->pump(); !pumped.ok()) return std::string(pumped.text());
      all &= progress == Progress::done && rank->ends->drained();
    }
  }
  return {};
}

std::string World::check_outputs(const Job& job) const {
  const Collective collective = job.row->collective;
  const DataType type = job.inputs.type;
  const size_t one = job.block_bytes();
  const std::byte* first_output = nullptr;
  for (size_t r = 0; r < ranks_.size(); ++r) {
    const bool at_root = static_cast<int>(r) == job.root;
    if (collective == Collective::reduce && !at_root) continue;
    const std::byte* got = ranks_[r]->recv.data();
    if (job.in_place && collective == Collective::reduce_scatter) got += r * one;
    for (size_t block = 0; block < (collective == Collective::all_gather ? job.blocks() : 1); ++block) {
      std::vector<const std::byte*> sources;
      const size_t from = collective == Collective::reduce_scatter ? r * one : 0;
      for (const auto& rank : ranks_) sources.push_back(rank->input.data() + from);
      if (collective == Collective::all_gather) sources = {ranks_[block]->input.data()};
      if (collective == Collective::broadcast) sources = {ranks_[static_cast<size_t>(job.root)]->input.data()};
      const Operator op = is_reduction(collective) ? job.inputs.op : Operator::max;
      const std::string wrong = wrong_elements(type, op, sources, got + block * one, job.count);
      if (!wrong.empty()) return fmt::format("rank {} block {}: {}", r, block, wrong);
    }
    if (collective != Collective::all_reduce) continue;
    if (first_output == nullptr) first_output = got;
    if (!std::equal(got, got + one, first_output)) return fmt::format("rank {} has other bits than rank 0", r);
  }
  return {};
}

// What was executed must be what the verifier walks, slot by slot.
std::string World::check_trace(const Job& job) const {
  for (size_t r = 0; r < ranks_.size(); ++r) {
    const Schedule& schedule = ranks_[r]->plan->schedule();
    const Layout layout(job.block_bytes(), static_cast<uint32_t>(job.blocks()), schedule.chunks,
                        ranks_[r]->plan->pass_bytes(shape_.slot_bytes));
    for (size_t lane = 0; lane < schedule.lanes.size(); ++lane) {
      if (ranks_[r]->slots[lane] != trace(schedule, schedule.lanes[lane], layout, shape_.slot_bytes)) {
        return fmt::format("rank {} lane {} executed other slots than the schedule says", r, lane);
      }
    }
  }
  return {};
}

}  // namespace weft::test
