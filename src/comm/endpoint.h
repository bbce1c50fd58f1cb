// What the communicators of a process share: its control thread and its transports. Made by the first communicator,
// ended by the last.
#pragma once

#include <memory>
#include <vector>

#include "base/config.h"
#include "bootstrap/control.h"
#include "bootstrap/join.h"
#include "bootstrap/membership.h"
#include "exec/ends.h"
#include "transport/transport.h"

namespace weft {

class Endpoint {
 public:
  // This process's; shared_ptr because the last of its communicators, whichever that is, ends it. Any thread.
  static Expected<std::shared_ptr<Endpoint>> of_process();
  ~Endpoint();

  const Config& config() const { return config_; }
  const std::shared_ptr<Control>& control() const { return control_; }
  Doorbell& doorbell() const { return doorbell_; }

  // What a rank of this process tells the others about itself.
  JoinRequest join_request(int rank, int ranks) const;
  // How this process reaches each rank; the entry of `rank` itself stays empty. An error names a rank that no transport
  // reaches.
  Expected<std::vector<PeerRoute>> routes(const Roster& roster, int rank) const;

 private:
  Endpoint(const Config& config, std::shared_ptr<Control> control, std::vector<std::unique_ptr<Transport>> transports,
           Doorbell& doorbell);

  const Config& config_;  // of the process: lives for ever
  const std::shared_ptr<Control> control_;
  const std::vector<std::unique_ptr<Transport>> transports_;
  Doorbell& doorbell_;
};

}  // namespace weft
