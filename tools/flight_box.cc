#include "tools/flight_box.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/flight_clock.h"
#include "base/flight_format.h"
#include "base/flight_handover.h"
#include "base/flight_recorder.h"
#include "tools/flight_words.h"

namespace weft::tools {
namespace {

constexpr size_t kRecordersMax = 16;    // of one rank: more communicators than a program uses at a time
constexpr int kTakenAtATimeMax = 1024;  // so that a flood does not keep us from the ranks

// Ranks whose sentences differ in the time only; the longest is told.
struct Group {
  std::vector<int> ranks;
  Whereabouts place;
  bool takes(const Whereabouts& other) const { return place.before == other.before && place.after == other.after; }
};

std::string sentence(const Group& group) {
  std::string ranks;
  for (const int rank : group.ranks) ranks += fmt::format("{}{}", ranks.empty() ? "" : ",", rank);
  std::string text = group.place.text();
  if (group.ranks.size() > 1 && text.starts_with("was ")) text.replace(0, 3, "were");
  return fmt::format("rank{} {} {}", group.ranks.size() > 1 ? "s" : "", ranks, text);
}

// What a rank was in, of all its communicators; where it was in none, its latest operation.
std::vector<Whereabouts> places_of(const std::vector<FlightRecord>& records, int64_t now_ns) {
  std::vector<Whereabouts> places;
  const FlightRecord* latest = nullptr;
  const auto began = [](const FlightRecord& r) { return r.operations.empty() ? 0 : r.operations.back().began_ns; };
  for (const FlightRecord& record : records) {
    Whereabouts place = whereabouts(record, now_ns);
    if (place.under_way) {
      if (records.size() > 1) place.after += fmt::format(" (communicator {:016x})", record.communicator);
      places.push_back(std::move(place));
    }
    if (latest == nullptr || began(record) >= began(*latest)) latest = &record;
  }
  if (places.empty() && latest != nullptr) places.push_back(whereabouts(*latest, now_ns));
  return places;
}

Status copy(int from, int to, const std::string& path) {
  std::array<char, 65536> piece;
  for (size_t done = 0; done < kFlightBytes;) {
    const ssize_t got =
        pread(from, piece.data(), std::min(piece.size(), kFlightBytes - done), static_cast<off_t>(done));
    if (got <= 0 || ::write(to, piece.data(), static_cast<size_t>(got)) != got) {
      return error(Code::system_error, "cannot write {}: {}", path, errno_text(errno));
    }
    done += static_cast<size_t>(got);
  }
  return {};
}

}  // namespace

Status FlightBox::open(const std::string& name, int nranks) {
  nranks_ = nranks;
  WEFT_TRY_ASSIGN(inbox_, open_flight_inbox(name));
  return {};
}

void FlightBox::collect() {
  for (int taken = 0; taken < kTakenAtATimeMax; ++taken) {
    auto fd = take_flight(inbox_);
    if (!fd) return;
    // What is no record, or none of our ranks', is closed here.
    const auto record = read_flight_record(fd->get(), "a flight recorder");
    if (!record || record->launched_as < 0 || record->launched_as >= nranks_) continue;
    auto& mine = recorders_[record->launched_as];
    mine.push_back(std::move(*fd));
    if (mine.size() > kRecordersMax) mine.pop_front();
  }
}

std::vector<FlightRecord> FlightBox::records_of(int rank) const {
  std::vector<FlightRecord> records;
  for (const OwnedFd& fd : recorders_.at(rank)) {
    if (auto record = read_flight_record(fd.get(), "a flight recorder")) records.push_back(std::move(*record));
  }
  return records;
}

std::vector<std::string> FlightBox::sentences() const {
  const auto now_ns = static_cast<int64_t>(monotonic_ns());
  std::vector<Group> groups;
  for (const auto& [rank, fds] : recorders_) {
    for (const Whereabouts& place : places_of(records_of(rank), now_ns)) {
      const auto found = std::ranges::find_if(groups, [&](const Group& group) { return group.takes(place); });
      if (found == groups.end()) {
        groups.push_back({{rank}, place});
        continue;
      }
      if (found->ranks.back() != rank) found->ranks.push_back(rank);
      found->place.time_ns = std::max(found->place.time_ns, place.time_ns);
    }
  }
  std::vector<std::string> sentences;
  for (const Group& group : groups) sentences.push_back(sentence(group));
  return sentences;
}

Expected<int> FlightBox::save(const std::string& directory) const {
  int saved = 0;
  for (const auto& [rank, fds] : recorders_) {
    for (const OwnedFd& fd : fds) {
      const auto record = read_flight_record(fd.get(), "a flight recorder");
      if (!record || record->in_file) continue;
      const std::string name = flight_file_name(record->host, record->pid, record->communicator, record->rank);
      WEFT_TRY_ASSIGN(const OwnedFd file, make_flight_file(directory, name));
      WEFT_TRY(copy(fd.get(), file.get(), directory + "/" + name));
      ++saved;
    }
  }
  return saved;
}

}  // namespace weft::tools
