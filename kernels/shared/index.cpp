#include "tern/kernels/shared/index.hpp"

namespace tern {

void check_index(const char* where, const Tensor& input, const Tensor& index, std::int64_t extent) {
    TERN_CHECK(index.device() == input.device(), where, "input and index must be on one device, got ",
               input.device(), " and ", index.device());
    if (!index.device().is_cpu()) return;
    visit_index(index, [&]<class Index>() {
        for (std::int64_t j = 0; j < index.numel(); ++j) {
            const auto at = static_cast<std::int64_t>(index.data<Index>()[j]);
            TERN_CHECK(at >= 0 && at < extent, where, "index ", at, " at place ", j, " is outside [0, ",
                       extent, ')');
        }
    });
}

}  // namespace tern
