#include "comm/endpoint.h"

#include <mutex>

#include "base/log.h"
#include "bootstrap/wire.h"
#include "comm/process_config.h"
#include "transport/registry.h"

namespace weft {
namespace {

constexpr size_t kNameMax = 32, kDescriptorMax = 4096;

// The payload of a member: the name and the descriptor of each of its transports.
Bytes encode_descriptors(const std::vector<std::unique_ptr<Transport>>& transports) {
  ByteWriter writer;
  for (const auto& transport : transports) writer.text(transport->name()).blob(transport->descriptor());
  return writer.take();
}

// What the member says of the transport of that name; nothing if it has none.
std::optional<Bytes> find_descriptor(const Member& member, std::string_view name) {
  ByteReader reader(member.payload);
  while (reader.ok() && !reader.at_end()) {
    const std::string its_name = reader.text(kNameMax);
    const auto descriptor = reader.blob(kDescriptorMax);
    if (reader.ok() && its_name == name) return Bytes(descriptor.begin(), descriptor.end());
  }
  return std::nullopt;
}

}  // namespace

Expected<std::shared_ptr<Endpoint>> Endpoint::of_process() {
  static std::mutex mutex;
  static std::weak_ptr<Endpoint> current;
  std::lock_guard lock(mutex);
  if (auto endpoint = current.lock(); endpoint != nullptr && !endpoint->control_->forked()) return endpoint;

  WEFT_TRY_ASSIGN(const ProcessConfig* process, process_config());
  register_doorbell_process();
  WEFT_TRY_ASSIGN(auto control, Control::of_process(process->config.text(Variable::interface)));
  std::vector<std::unique_ptr<Transport>> transports;
  for (const TransportRow& row : transport_rows()) {
    WEFT_TRY_ASSIGN(auto transport, row.make(*control));
    log_trace("endpoint", "transport {} is there", row.name);
    transports.push_back(std::move(transport));
  }
  Doorbell& doorbell = process_doorbell();
  std::shared_ptr<Endpoint> endpoint(
      new Endpoint(process->config, std::move(control), std::move(transports), doorbell));
  current = endpoint;
  return endpoint;
}

Endpoint::Endpoint(const Config& config, std::shared_ptr<Control> control,
                   std::vector<std::unique_ptr<Transport>> transports, Doorbell& doorbell)
    : config_(config), control_(std::move(control)), transports_(std::move(transports)), doorbell_(doorbell) {
  control_->set_doorbell(&doorbell_);
}

Endpoint::~Endpoint() {
  control_->set_doorbell(nullptr);
}

JoinRequest Endpoint::join_request(int rank, int ranks) const {
  JoinRequest request{.rank = rank,
                      .nranks = ranks,
                      .plan_hash = config_.plan_hash(),
                      .plan_text = config_.plan_text(),
                      .self = control_->describe_self()};
  request.self.payload = encode_descriptors(transports_);
  return request;
}

Expected<std::vector<PeerRoute>> Endpoint::routes(const Roster& roster, int rank) const {
  std::vector<PeerRoute> routes(roster.size());
  for (const Member& member : roster) {
    if (member.rank == rank) continue;
    PeerRoute& route = routes[static_cast<size_t>(member.rank)];
    for (const auto& transport : transports_) {
      const auto descriptor = find_descriptor(member, transport->name());
      if (!descriptor || transport->reach(*descriptor) == Reach::none) continue;
      route = {.transport = transport.get(), .descriptor = *descriptor};
      break;
    }
    if (route.transport == nullptr) {
      return error(Code::invalid_usage,
                   "no transport reaches {}: this version joins ranks of one host only (one kernel and one network "
                   "namespace, the same user); start all ranks there",
                   describe(member));
    }
  }
  return routes;
}

}  // namespace weft
