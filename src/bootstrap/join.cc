#include "bootstrap/join.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "bootstrap/frame.h"
#include "bootstrap/host.h"
#include "bootstrap/knock.h"
#include "bootstrap/rendezvous.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
constexpr int64_t kFirstPauseMs = 1, kLongestPauseMs = 100;  // between two attempts: doubled each time
constexpr int64_t kWatchMs = 20;                             // between two looks at what is watched

Status check(const JoinRequest& request) {
  if (request.nranks < 1 || request.nranks > kRanksMax) {
    return error(Code::invalid_argument, "nranks={}: a communicator has 1 to {} ranks", request.nranks, kRanksMax);
  }
  if (request.rank < 0 || request.rank >= request.nranks) {
    return error(Code::invalid_argument, "rank={}: with nranks={} it must be 0 to {}", request.rank, request.nranks,
                 request.nranks - 1);
  }
  if (request.self.payload.size() > kPayloadBytesMax || request.plan_text.size() > kPlanTextBytesMax) {
    return error(Code::resource, "rank {} brings {} bytes of payload and {} of plan text; the limits are {} and {}",
                 request.rank, request.self.payload.size(), request.plan_text.size(), kPayloadBytesMax,
                 kPlanTextBytesMax);
  }
  return {};
}

// A root on this host can be reached without TCP; one elsewhere, only with it.
Expected<std::vector<Door>> doors_to(const UniqueId& id, int rank) {
  std::vector<Door> doors;
  if (id.host_identity == 0 || id.host_identity == host_identity()) doors.push_back({id.unix_name(), {}});
  if (id.trust == Trust::local) {
    if (!id.root.valid() || is_own_address(id.root)) return doors;
    return error(
        Code::invalid_usage,
        "rank {} must reach its root on another host ({}) but has no secret to prove that it belongs to the job: "
        "set WEFT_SECRET to the same 64 hexadecimal digits on all ranks (`weft run` does), or WEFT_INSECURE=1 to "
        "let anybody in who reaches the port",
        rank, id.root.text());
  }
  for (int i = 0; i < std::max<int>(id.port_count, 1) && id.root.valid(); ++i) {
    doors.push_back({"", id.root});
    doors.back().tcp.port = static_cast<uint16_t>(id.root.port + i);
  }
  return doors;
}

Hello hello_of(const UniqueId& id, const JoinRequest& request) {
  Hello hello;
  hello.purpose = Purpose::join;
  hello.rank = static_cast<uint32_t>(request.rank);
  hello.nranks = static_cast<uint32_t>(request.nranks);
  hello.communicator = id.communicator;
  hello.plan_hash = request.plan_hash;
  hello.process = request.self.process;
  return hello;
}

Failure no_root(const JoinRequest& request, const std::vector<Door>& doors, std::string_view last) {
  std::string tried;
  for (const Door& door : doors) tried += (tried.empty() ? "" : ", ") + door.text();
  return error(
      Code::system_error,
      "rank {} found no root within WEFT_INIT_TIMEOUT (last answer: {}). The process that made the unique id must be "
      "alive and wait for this communicator; tried {}",
      request.rank, last, tried);
}

bool has_stopped(const Alive* watched) {
  return watched != nullptr && watched->stopped();
}

Expected<Knocked> find_root(const UniqueId& id, const JoinRequest& request, Deadline deadline, const Alive* watched) {
  WEFT_TRY_ASSIGN(const std::vector<Door> doors, doors_to(id, request.rank));
  std::string last = "none";
  for (int64_t pause_ms = kFirstPauseMs;; pause_ms = std::min(2 * pause_ms, kLongestPauseMs)) {
    for (const Door& door : doors) {
      auto knocked = knock(door, hello_of(id, request), id.secret, deadline);
      if (knocked) return std::move(*knocked);
      last = knocked.error().text;
      if (knocked.error().failure == KnockFailure::secret) {
        return error(Code::invalid_usage,
                     "rank {} and the root have different secrets ({}): give all ranks the same unique id "
                     "or the same WEFT_SECRET",
                     request.rank, door.text());
      }
    }
    if (has_stopped(watched)) return failure_of(watched->error());
    std::this_thread::sleep_for(milliseconds(deadline.left_ms(pause_ms)));
    // After the sleep: an attempt without time would replace the last true answer by its own timeout.
    if (deadline.passed()) return no_root(request, doors, last);
  }
}

Status send_request(const Knocked& root, const JoinRequest& request, Deadline deadline) {
  JoinMessage message{static_cast<uint64_t>(deadline.left_ms(1 << 30)), request.plan_text, request.self};
  message.self.rank = request.rank;
  message.self.host.resize(std::min(message.self.host.size(), kHostBytesMax));
  const int failed = send_all(root.fd.get(), *make_frame(FrameKind::join, encode(message)), deadline);
  if (failed == 0) return {};
  return error(Code::remote_error, "rank {} lost its connection to the root: {}", request.rank, errno_text(failed));
}

Expected<Frame> recv_reply(const Knocked& root, const JoinRequest& request, Deadline deadline, const Alive* watched) {
  FrameReader reader(kReplyBytesMax);
  std::vector<Frame> frames;
  while (!deadline.passed()) {
    if (has_stopped(watched)) return failure_of(watched->error());
    if (!wait_readable(root.fd.get(), Deadline::after_ms(deadline.left_ms(kWatchMs)))) continue;
    const auto state = reader.read(root.fd.get(), frames);
    if (!frames.empty()) return std::move(frames.front());
    if (state == FrameReader::State::open) continue;
    return error(
        Code::remote_error,
        "the root closed its connection to rank {} before all {} ranks had joined: the process that made the unique id "
        "has ended, or given up",
        request.rank, request.nranks);
  }
  return error(Code::not_joined,
               "rank {} waited WEFT_INIT_TIMEOUT for the other {} ranks, and the root did not say which of "
               "them are missing: is its process stopped?",
               request.rank, request.nranks - 1);
}

Secret secret_of(const UniqueId& id, const RosterMessage& message) {
  ByteWriter writer;
  writer.number(message.communicator).raw(message.salt);
  return keyed_digest(id.secret, "weft communicator secret", {writer.bytes()});
}

Expected<Joined> read_reply(const UniqueId& id, const JoinRequest& request, const Frame& reply) {
  if (reply.kind == FrameKind::refusal) return failure_of(decode_refusal(reply.body));
  auto message = reply.kind == FrameKind::roster ? decode_roster(reply.body) : std::nullopt;
  if (!message || message->roster.size() != static_cast<size_t>(request.nranks)) {
    return error(Code::internal_error, "the root sent rank {} a reply that is no roster of {} ranks", request.rank,
                 request.nranks);
  }
  return Joined{message->communicator, secret_of(id, *message), std::move(message->roster)};
}

}  // namespace

Expected<Joined> join(const UniqueId& id, const JoinRequest& request, Deadline deadline, const Alive* watched) {
  WEFT_TRY(check(request));
  WEFT_TRY_ASSIGN(const Knocked root, find_root(id, request, deadline, watched));
  if (root.theirs.wire_version != kWireVersion) {
    return error(Code::version, "rank {} runs {}, the root runs {}: use one version of weft in all ranks", request.rank,
                 version_text(Hello()), version_text(root.theirs));
  }
  WEFT_TRY(send_request(root, request, deadline));
  // The root knows when this rank's time is over and then says who is missing; it must itself be given up on later.
  const auto grace_ms = deadline.left_ms(int64_t{1} << 40) + kVerdictGraceMs;
  WEFT_TRY_ASSIGN(const Frame reply, recv_reply(root, request, Deadline::after_ms(grace_ms), watched));
  return read_reply(id, request, reply);
}

}  // namespace weft
