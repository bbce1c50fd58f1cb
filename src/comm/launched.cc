#include "comm/launched.h"

#include "bootstrap/launch_exchange.h"
#include "comm/roots.h"

namespace weft {
namespace {

// The launcher carries nothing: all ranks work the id out from the names of the job.
Expected<UniqueId> id_from_names(const Launch& launch, const ProcessConfig& process) {
  std::optional<Secret> secret;
  if (process.config.is_set(Variable::secret)) {
    WEFT_TRY_ASSIGN(secret, parse_secret(process.config.text(Variable::secret)));
  }
  TcpAddress root;
  std::string root_text;
  if (launch.root) {
    WEFT_TRY_ASSIGN(root, resolve(launch.root->host, launch.root->port));
    root_text = fmt::format("{}:{}", launch.root->host, launch.root->port);
  }
  const JobNames names{.launcher = launch.launcher, .job = launch.job, .root = root_text};
  return well_known(names, root, static_cast<uint8_t>(launch.root_ports), secret,
                    process.config.integer(Variable::insecure) != 0);
}

}  // namespace

Expected<UniqueId> launched_id(const Launch& launch, const ProcessConfig& process, Deadline deadline) {
  RootOptions options{.interface = process.config.text(Variable::interface)};
  if (launch.nranks == 1) return start_root(options);
  if (launch.exchange == Exchange::well_known) {
    WEFT_TRY_ASSIGN(const UniqueId id, id_from_names(launch, process));
    options.well_known = id;
    if (launch.rank == 0) return start_root(options);
    return id;
  }
  std::optional<std::vector<std::byte>> mine;
  if (launch.rank == 0) {
    WEFT_TRY_ASSIGN(const UniqueId id, start_root(options));
    const UniqueIdBytes packed = pack(id);
    mine.emplace(packed.begin(), packed.end());
  }
  WEFT_TRY_ASSIGN(const auto bytes, exchange_from_rank_zero(launch, mine, deadline));
  return parse_unique_id(bytes);
}

}  // namespace weft
