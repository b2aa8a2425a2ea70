#include "tern/distributed/nccl/library.hpp"

#include "tern/core/cuda/library_folders.hpp"
#include "tern/core/error.hpp"
#include "tern/core/library.hpp"
#include "tern/core/opened_once.hpp"
#include "tern/distributed/nccl_communicator.hpp"

namespace tern {
namespace cuda {
namespace {

constexpr int kOldest = 21400;  // has ncclConfig_t

std::string text_of_version(int version) {
    return to_text(version / 10000, '.', version / 100 % 100, '.', version % 100);
}

Nccl open_nccl() {
    const Library library("NCCL", library_folders(), {"libnccl.so.2"});
    Nccl table{};
    table.path = library.path();
    library.load(table.ncclGetVersion, "ncclGetVersion");
    TERN_CHECK(table.ncclGetVersion(&table.version) == ncclSuccess && table.version >= kOldest, "NCCL",
               table.path, " is version ", text_of_version(table.version), ", tern needs ",
               text_of_version(kOldest));
#define TERN_NCCL_LOAD(function) library.load(table.function, #function);
    TERN_NCCL_FUNCTIONS(TERN_NCCL_LOAD)
#undef TERN_NCCL_LOAD
    return table;
}

const OpenedOnce<Nccl>& opened() {
    static const OpenedOnce<Nccl> once(open_nccl);
    return once;
}

}  // namespace

const Nccl& nccl() { return opened().table(); }

}  // namespace cuda

bool nccl_available(std::string* why_not) { return cuda::opened().available(why_not); }

std::string nccl_summary() {
    std::string why_not;
    if (!nccl_available(&why_not)) return "none: " + why_not;
    return to_text(cuda::text_of_version(cuda::nccl().version), " (", cuda::nccl().path, ')');
}

}  // namespace tern
