#include "tern/distributed/launcher.hpp"

#include <charconv>

#include "tern/core/error.hpp"

namespace tern {
namespace {

constexpr const char* kSlurmHint = "start it with srun --mpi=pmix or srun --mpi=pmi2, or with mpirun";

// `otherwise` where the variable is not set.
int number(const Environment& environment, const char* name, int otherwise) {
    const std::string text = environment(name);
    if (text.empty()) return otherwise;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    TERN_CHECK(error == std::errc() && end == text.data() + text.size() && value >= 0, name, "'", text,
               "' is not a number of ranks");
    return value;
}

}  // namespace

std::string Launch::str() const {
    return to_text("started by ", launcher, " as rank ", rank, size > 0 ? to_text(" of ", size) : "");
}

std::optional<Launch> read_launch(const Environment& environment) {
    const auto has = [&](const char* name) { return !environment(name).empty(); };
    const auto read = [&](const char* name, int otherwise) { return number(environment, name, otherwise); };
    Launch launch;
    if (has("OMPI_COMM_WORLD_SIZE")) {  // before PMIx, which mpirun sets as well
        launch = {"Open MPI",
                  read("OMPI_COMM_WORLD_RANK", 0),
                  read("OMPI_COMM_WORLD_SIZE", 0),
                  read("OMPI_COMM_WORLD_LOCAL_RANK", -1),
                  "openmpi",
                  ""};
    } else if (has("PMIX_RANK")) {
        launch = {"PMIx", read("PMIX_RANK", 0), read("SLURM_NTASKS", 0), read("SLURM_LOCALID", -1), "openmpi",
                  ""};
    } else if (has("PMI_RANK")) {
        launch = {"PMI", read("PMI_RANK", 0), read("PMI_SIZE", 0), read("MPI_LOCALRANKID", -1), "mpich", ""};
        if (launch.local_rank < 0) launch.local_rank = read("SLURM_LOCALID", -1);
    } else if (has("SLURM_PROCID") && read("SLURM_NTASKS", 1) > 1) {
        launch = {"Slurm",
                  read("SLURM_PROCID", 0),
                  read("SLURM_NTASKS", 0),
                  read("SLURM_LOCALID", -1),
                  "",
                  to_text("without a way to join the others: ", kSlurmHint)};
    } else if (has("RANK") && read("WORLD_SIZE", 1) > 1) {
        launch = {
            "torchrun",
            read("RANK", 0),
            read("WORLD_SIZE", 0),
            read("LOCAL_RANK", -1),
            "",
            "which starts ranks of PyTorch (RANK and WORLD_SIZE are set): start it with mpirun or srun"};
    } else {
        return std::nullopt;
    }
    TERN_CHECK(launch.size == 0 || launch.rank < launch.size, "ranks", launch.str(), "; ranks count from 0");
    return launch;
}

}  // namespace tern
