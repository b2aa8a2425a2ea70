#include "tern/distributed/join.hpp"

#include "tern/core/environment.hpp"
#include "tern/core/error.hpp"
#include "tern/distributed/launcher.hpp"
#include "tern/distributed/mpi/mpi_communicator.hpp"
#include "tern/distributed/mpi/open_module.hpp"

namespace tern {

std::unique_ptr<Communicator> join_ranks(double timeout_seconds) {
    const std::optional<Launch> launch = read_launch(environment);
    if (!launch || launch->size == 1) return make_single_communicator();
    TERN_CHECK(!launch->mpi.empty(), "ranks", launch->str(), ", ", launch->why_not);
    const TernMpi* mpi = nullptr;
    try {
        mpi = &open_mpi_module(launch->mpi);
    } catch (const Error& error) {
        fail("ranks", launch->str(), ", but its MPI cannot be opened: ", error.rule());
    }
    std::unique_ptr<Communicator> joined = make_mpi_communicator(*mpi, timeout_seconds);
    TERN_CHECK(launch->size == 0 || joined->size() == launch->size, "ranks", launch->str(),
               ", but MPI joined ", joined->size(), "; the launcher belongs to another MPI");
    return joined;
}

std::string mpi_summary() {
    std::string found;
    std::string missing;
    for (const std::string& mpi : built_mpi_modules()) {
        try {
            std::string text(128, 0);
            open_mpi_module(mpi).version(text.data(), static_cast<int>(text.size()));
            found += (found.empty() ? "" : ", ") + text.substr(0, text.find('\0'));
        } catch (const Error& error) {
            missing += to_text(missing.empty() && found.empty() ? "" : "; ", error.rule());
        }
    }
    if (found.empty() && missing.empty()) return "none: this build has no MPI";
    return found.empty() ? "none: " + missing : found + missing;
}

}  // namespace tern
