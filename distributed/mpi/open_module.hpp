// The modules that were built, opened when a launcher asks for one.
#pragma once

#include <string>
#include <vector>

#include "tern/distributed/mpi/module.hpp"

namespace tern {

/// Of "openmpi" and "mpich" those that this build was made with.
std::vector<std::string> built_mpi_modules();

/// Opens libtern_mpi_<mpi>.so: looked for in TERN_LIBRARY_PATH, then in ../lib/tern (or as the distribution spells
/// lib) and ./tern beside the program and beside the library that this code is in, then where tern was to be
/// installed. Throws Error where the build has no such module or it, or the MPI it needs, cannot be opened.
const TernMpi& open_mpi_module(const std::string& mpi);

}  // namespace tern
