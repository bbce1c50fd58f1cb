// Times MPI collectives on host memory as the perf programs time weft's: the same sizes, the same batches (slowest
// rank's mean of each, median over batches), the same JSON rows. One process is one rank; float32 and sum only; nothing
// is checked.
//   mpirun -n N mpi_bench_<mpi> <collective> [the perf programs' flags]
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <cstdio>
#include <functional>

#include "perf/report.h"

namespace weft::perf {
namespace {

struct World {
  int rank = 0, ranks = 1;
};

// Ends all ranks: MPI has no other way out that does not hang.
[[noreturn]] void give_up(const std::string& text) {
  std::fprintf(stderr, "mpi_bench: %s\n", text.c_str());
  MPI_Abort(MPI_COMM_WORLD, 2);
  std::abort();
}

std::optional<Collective> collective_of(std::string_view name) {
  for (int i = 0; i < kCollectiveCount; ++i)
    if (kCollectiveNames[static_cast<size_t>(i)] == name) return static_cast<Collective>(i);
  return std::nullopt;
}

using Call = std::function<void()>;

Call call_of(Collective collective, const Extent& extent, float* send, float* recv, int root, const World& world) {
  const auto count = static_cast<int>(extent.call_count);
  switch (collective) {
    case Collective::all_reduce:
      return [=] { MPI_Allreduce(send, recv, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); };
    case Collective::all_gather:
      return [=] { MPI_Allgather(send, count, MPI_FLOAT, recv, count, MPI_FLOAT, MPI_COMM_WORLD); };
    case Collective::reduce_scatter:
      return [=] { MPI_Reduce_scatter_block(send, recv, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); };
    case Collective::reduce:
      return [=] { MPI_Reduce(send, recv, count, MPI_FLOAT, MPI_SUM, root, MPI_COMM_WORLD); };
    case Collective::broadcast:  // MPI has only the form in place: the root sends from the buffer that others receive
                                 // in
      return
          [=, buffer = world.rank == root ? send : recv] { MPI_Bcast(buffer, count, MPI_FLOAT, root, MPI_COMM_WORLD); };
  }
  give_up("no such collective");
}

double mean_seconds(const Call& call, int calls) {
  const double start = MPI_Wtime();
  for (int i = 0; i < calls; ++i) call();
  return (MPI_Wtime() - start) / calls;
}

Measured measure(const Call& call, const Flags& flags) {
  for (int i = 0; i < flags.warmup_iterations; ++i) call();
  MPI_Barrier(MPI_COMM_WORLD);
  double own_s = mean_seconds(call, flags.iterations), slowest_s = 0, sum_s = 0;
  MPI_Allreduce(&own_s, &slowest_s, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  MPI_Allreduce(&own_s, &sum_s, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  const Batches batches = batches_for(slowest_s, flags.batch_seconds);
  std::vector<double> own(static_cast<size_t>(batches.batches)), slowest(own.size());
  MPI_Barrier(MPI_COMM_WORLD);
  for (double& us : own) us = mean_seconds(call, batches.calls_per_batch) * 1e6;
  MPI_Allreduce(own.data(), slowest.data(), batches.batches, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  Measured measured;
  measured.measurement.time_us = sum_s / ranks * 1e6;
  measured.batches = BatchTimes{batches, spread_of(std::move(slowest))};
  return measured;
}

std::string library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, static_cast<size_t>(length));
  return version.substr(0, version.find('\n'));
}

Report measure_all(Collective collective, const Flags& flags, const World& world) {
  Report report;
  report.collective = name_of(collective);
  report.program = library_version();
  report.machine = this_machine();
  report.ranks = world.ranks;
  report.flags = flags;
  std::vector<float> send(flags.max_bytes / sizeof(float) + 16), recv(send.size());
  for (size_t i = 0; i < send.size(); ++i) send[i] = static_cast<float>(i % 97 + static_cast<size_t>(world.rank));
  for (const size_t bytes : sizes_of(flags)) {
    const Extent extent = extent_of(collective, bytes / sizeof(float), sizeof(float), world.ranks);
    const int root = is_rooted(collective) ? flags.root.value_or(0) : -1;
    ReportRow row;
    row.head = {std::max(extent.send_count, extent.recv_count) * sizeof(float), extent.call_count, "float",
                is_reduction(collective) ? "sum" : "none", root};
    row.out_of_place = measure(call_of(collective, extent, send.data(), recv.data(), root, world), flags);
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace
}  // namespace weft::perf

int main(int argc, char** argv) {
  using namespace weft::perf;
  MPI_Init(&argc, &argv);
  World world;
  MPI_Comm_rank(MPI_COMM_WORLD, &world.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &world.ranks);
  const auto collective = argc > 1 ? collective_of(argv[1]) : std::nullopt;
  if (!collective)
    give_up("the first argument must be a collective: all_reduce, all_gather, reduce_scatter, broadcast or reduce");
  const auto flags = parse_flags({argv + 2, static_cast<size_t>(argc - 2)});
  if (!flags) give_up(std::string(flags.error().text()));
  Report report = measure_all(*collective, *flags, world);
  report.command = {argv, argv + argc};
  if (world.rank == 0 && !flags->json_path.empty()) {
    const auto written = write_file(flags->json_path, json_of(report));
    if (!written.ok()) give_up(std::string(written.text()));
  }
  MPI_Finalize();
  return 0;
}
