// Which launcher started this process, from its environment.
#include "tern/distributed/launcher.hpp"

#include <map>

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::optional<Launch> read(const std::map<std::string, std::string>& variables) {
    return read_launch([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    });
}

// "LAUNCHER RANK/SIZE local LOCAL_RANK by MPI"
std::string text(const std::map<std::string, std::string>& variables) {
    const std::optional<Launch> launch = read(variables);
    if (!launch) return "none";
    return to_text(launch->launcher, ' ', launch->rank, '/', launch->size, " local ", launch->local_rank,
                   " by ", launch->mpi.empty() ? "none" : launch->mpi);
}

}  // namespace

TEST_CASE("a process that was started plainly has no launcher") {
    CHECK(text({}) == "none");
    CHECK(text({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}) == "none");
    CHECK(text({{"SLURM_NTASKS", "4"}}) == "none");  // a shell in an allocation
    CHECK(text({{"RANK", "0"}, {"WORLD_SIZE", "1"}}) == "none");
    CHECK(text({{"RANK", "3"}}) == "none");
    CHECK(text({{"PMI_SIZE", "3"}}) == "none");
}

TEST_CASE("launchers that join ranks through MPI") {
    CHECK(text({{"OMPI_COMM_WORLD_SIZE", "4"},
                {"OMPI_COMM_WORLD_RANK", "3"},
                {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                {"PMIX_RANK", "3"}}) == "Open MPI 3/4 local 1 by openmpi");
    CHECK(text({{"PMIX_RANK", "2"}, {"SLURM_PROCID", "2"}, {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "0"}}) ==
          "PMIx 2/8 local 0 by openmpi");
    CHECK(text({{"PMIX_RANK", "2"}}) == "PMIx 2/0 local -1 by openmpi");
    CHECK(text({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "1"}}) ==
          "PMI 1/2 local 1 by mpich");
    CHECK(text({{"PMI_RANK", "5"},
                {"PMI_SIZE", "8"},
                {"SLURM_PROCID", "5"},
                {"SLURM_NTASKS", "8"},
                {"SLURM_LOCALID", "2"}}) == "PMI 5/8 local 2 by mpich");
}

TEST_CASE("launchers of ranks that tern cannot join say how to start them") {
    const std::optional<Launch> slurm =
        read({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "4"}, {"SLURM_LOCALID", "1"}});
    REQUIRE(slurm);
    CHECK(slurm->mpi.empty());
    CHECK(slurm->str() == "started by Slurm as rank 1 of 4");
    CHECK(slurm->why_not.find("srun --mpi=pmix or srun --mpi=pmi2") != std::string::npos);
    CHECK(text({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", "0"}}) == "torchrun 1/2 local 0 by none");
    CHECK_FALSE(read({{"RANK", "1"}, {"WORLD_SIZE", "2"}})->why_not.empty());
}

TEST_CASE("numbers that cannot be are refused") {
    CHECK_THROWS_WITH(read({{"PMI_RANK", "one"}, {"PMI_SIZE", "2"}}),
                      "[PMI_RANK] 'one' is not a number of ranks");
    CHECK_THROWS_WITH(read({{"PMI_RANK", "1"}, {"PMI_SIZE", "-2"}}),
                      "[PMI_SIZE] '-2' is not a number of ranks");
    CHECK_THROWS_WITH(read({{"PMI_RANK", "99999999999"}, {"PMI_SIZE", "2"}}),
                      "[PMI_RANK] '99999999999' is not a number of ranks");
    CHECK_THROWS_WITH(read({{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}}),
                      "[ranks] started by PMI as rank 2 of 2; ranks count from 0");
}
