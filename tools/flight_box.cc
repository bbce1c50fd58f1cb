#include "tools/flight_box.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include "base/flight_clock.h"
#include "base/flight_file.h"
#include "base/flight_format.h"
#include "base/flight_handover.h"
#include "base/flight_recorder.h"
#include "tools/flight_words.h"

namespace weft::tools {
namespace {

constexpr size_t kFilesMax = 16;  // of one rank; each twice as large as the one before, while all are in use
constexpr std::string_view kName = "a flight recorder";
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

// All records, side by side: the empty places between them are left out. How many.
Expected<int> copy(int from, int to, const std::string& path) {
  std::vector<char> place(kFlightBytes);
  int copied = 0;
  for (size_t number = 0; number < kFlightPlacesMax; ++number) {
    const ssize_t got = pread(from, place.data(), place.size(), static_cast<off_t>(number * kFlightBytes));
    if (got == 0) break;
    if (got < 0 || static_cast<size_t>(got) < place.size()) {
      return error(Code::system_error, "cannot read what {} is made from: {}", path, errno_text(got < 0 ? errno : EIO));
    }
    if (std::all_of(place.begin(), place.begin() + sizeof(FlightHeader::magic), [](char c) { return c == 0; }))
      continue;
    if (::write(to, place.data(), place.size()) != got) {
      return error(Code::system_error, "cannot write {}: {}", path, errno_text(errno));
    }
    ++copied;
  }
  return copied;
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
    const FlightRecords found = read_flight_records(fd->get(), kName);
    const int rank = found.records.empty() ? -1 : found.records.front().launched_as;
    if (rank < 0 || rank >= nranks_) continue;
    auto& mine = files_[rank];
    mine.push_back(std::move(*fd));
    if (mine.size() > kFilesMax) mine.pop_front();
  }
}

std::vector<FlightRecord> FlightBox::records_of(int rank) const {
  std::vector<FlightRecord> records;
  for (const OwnedFd& fd : files_.at(rank)) {
    std::ranges::move(read_flight_records(fd.get(), kName).records, std::back_inserter(records));
  }
  return records;
}

std::vector<std::string> FlightBox::sentences() const {
  const auto now_ns = static_cast<int64_t>(monotonic_ns());
  std::vector<Group> groups;
  for (const auto& [rank, fds] : files_) {
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
  for (const auto& [rank, fds] : files_) {
    for (const OwnedFd& fd : fds) {
      const FlightRecords found = read_flight_records(fd.get(), kName);
      if (found.records.empty() || found.records.front().in_file) continue;
      const FlightRecord& first = found.records.front();
      const std::string name = flight_file_name(first.host, first.pid, first.communicator, first.rank);
      WEFT_TRY_ASSIGN(const OwnedFd file, make_flight_file(directory, name));
      WEFT_TRY_ASSIGN(const int copied, copy(fd.get(), file.get(), directory + "/" + name));
      saved += copied;
    }
  }
  return saved;
}

}  // namespace weft::tools
