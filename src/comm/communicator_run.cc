// The path of a collective: from checked arguments to the engine. Set-up is in communicator.cc.
#include <pthread.h>

#include <bit>

#include "base/log.h"
#include "collectives/catalog.h"
#include "collectives/choose.h"
#include "comm/communicator.h"

namespace weft {

Status Communicator::run(const Operation& operation) {
  if (alive_.stopped()) return alive_.error();
  sequence_.store(sequence_ + 1, std::memory_order_relaxed);
  caller_.store(pthread_self(), std::memory_order_relaxed);
  if (operation.count == 0) return run_empty(operation);
  PreparedPlan* prepared = plans_.find(operation.collective, operation.root, size_class(operation.bytes()));
  if (prepared == nullptr) prepared = prepare(operation);
  if (!prepared->fits(operation)) prepare_work(operation, *prepared);
  Work& work = prepared->work;
  work.input = static_cast<const std::byte*>(operation.sendbuff) - prepared->before_input;
  work.output = static_cast<std::byte*>(operation.recvbuff) - prepared->before_output;
  work.fingerprint = work.fingerprint.at(sequence_);
  recorder_->begin(work.fingerprint.low, work.fingerprint.high);
  const Outcome outcome = engine_->run(prepared->executor, work, limit_of(operation));
  if (outcome != Outcome::done) return explain(outcome, operation, *prepared);
  recorder_->end(Code::success);
  return {};
}

// Moves nothing and waits for nobody, but others must find out what this rank called.
Status Communicator::run_empty(const Operation& operation) {
  const Fingerprint fingerprint = pack(signature(operation));
  recorder_->begin(fingerprint.low, fingerprint.high);
  recorder_->end(Code::success);
  return {};
}

// What a plan's execution needs besides pointers and the sequence number; calls that repeat find it made.
void Communicator::prepare_work(const Operation& operation, PreparedPlan& prepared) const {
  const uint64_t block_bytes = operation.bytes();
  const bool blocked = is_blocked(operation.collective);
  const uint64_t my_block = static_cast<uint64_t>(rank_) * block_bytes;
  prepared.count = operation.count;
  prepared.type = operation.type;
  prepared.op = operation.op;
  prepared.call_class = operation.call_class;
  prepared.before_input = operation.collective == Collective::all_gather ? my_block : 0;
  prepared.before_output = operation.collective == Collective::reduce_scatter ? my_block : 0;
  prepared.work = {.layout = Layout(block_bytes, blocked ? static_cast<uint32_t>(ranks_) : 1,
                                    prepared.plan.schedule().chunks, prepared.plan.pass_bytes(engine_->slot_bytes())),
                   .element_shift = static_cast<uint32_t>(std::countr_zero(bytes_of(operation.type))),
                   .fold = fold_for(operation.type, operation.op),
                   .divisor = operation.op == Operator::avg ? static_cast<uint32_t>(ranks_) : 1,
                   .fingerprint = pack(signature(operation))};
}

CallSignature Communicator::signature(const Operation& operation) const {
  return {.sequence = operations(),
          .count = operation.count,
          .root = static_cast<uint32_t>(operation.root),
          .collective = static_cast<uint8_t>(operation.collective),
          .type = static_cast<uint8_t>(operation.type),
          .op = static_cast<uint8_t>(operation.op),
          .call_class = static_cast<uint8_t>(operation.call_class)};
}

// The first call of its kind: choose and generate. Every rank is here at the same operation.
PreparedPlan* Communicator::prepare(const Operation& operation) {
  const Collective collective = operation.collective;
  const CatalogRow& row = choose(collective, operation.bytes(), ranks_, machine_, forced_algorithm_);
  PreparedPlan* prepared = plans_.find_algorithm(collective, operation.root, row.name);
  if (prepared == nullptr) {
    const Shape shape{.ranks = ranks_, .rank = rank_, .root = operation.root};
    log_trace("comm", "{} of {} to {} bytes: {}", name_of(collective), std::bit_floor(operation.bytes()),
              2 * std::bit_floor(operation.bytes()) - 1, row.name);
    prepared = plans_.own(collective, std::make_unique<PreparedPlan>(row.generate(shape), operation.root, row.name,
                                                                     engine_->slot_bytes()));
  }
  plans_.put(collective, size_class(operation.bytes()), prepared);
  return prepared;
}

}  // namespace weft
